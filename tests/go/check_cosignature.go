// Checks a witness's cosignature (C2SP tlog-cosignature, Ed25519) with the note package of golang.org/x/mod and
// crypto/ed25519: an implementation that is not ours. It reads a note from standard input and takes the verifier keys of the
// log and of the witness as its arguments.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const cosignatureV1 = 4

// witness is a note.Verifier: note calls it with the whole text, it checks the timestamped message.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }
func (w witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	header := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(signature))
	return ed25519.Verify(w.key, append([]byte(header), text...), signature[8:])
}

func parse(vkey string) witness {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		log.Fatal("not a verifier key")
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		log.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != cosignatureV1 {
		log.Fatal("not an Ed25519 cosignature key")
	}
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(parts[0]), key}, []byte("\n")))
	if binary.BigEndian.Uint32(sum[:]) != uint32(hash) {
		log.Fatal("the hash does not fit the key")
	}
	return witness{parts[0], uint32(hash), key[1:]}
}

func main() {
	log.SetFlags(0)
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	logKey, err := note.NewVerifier(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	cosigner := parse(os.Args[2])
	opened, err := note.Open(text, note.VerifierList(logKey, cosigner))
	if err != nil {
		log.Fatal(err)
	}
	if opened.Sigs[0].Name != logKey.Name() {
		log.Fatal("the log's own signature does not come first")
	}
	for _, each := range opened.Sigs {
		if each.Hash == cosigner.hash && each.Name == cosigner.name {
			raw, err := base64.StdEncoding.DecodeString(each.Base64)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("co-signed by %s at %d\n", each.Name, binary.BigEndian.Uint64(raw[4:]))
			return
		}
	}
	log.Fatal("not co-signed")
}
