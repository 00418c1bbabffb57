// Checks a proof bundle of Sameview's access log with the note and tlog packages of golang.org/x/mod: an implementation that
// is not ours. It reads the bundle from standard input and takes the verifier key as its argument.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type bundle struct {
	Checkpoint  string      `json:"checkpoint"`
	Old         *string     `json:"old"`
	Consistency []tlog.Hash `json:"consistency"`
	Inclusion   []struct {
		Index   int64       `json:"index"`
		Leaf    []byte      `json:"leaf"`
		Hashes  []tlog.Hash `json:"hashes"`
		Salt    []byte      `json:"salt"`
		Payload []byte      `json:"payload"`
	} `json:"inclusion"`
}

func open(text string, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		log.Fatalf("note: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		log.Fatalf("not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		log.Fatal(err)
	}
	return tlog.Tree{N: size, Hash: root}
}

func main() {
	log.SetFlags(0)
	verifier, err := note.NewVerifier(os.Args[1])
	if err != nil {
		log.Fatalf("verifier key: %v", err)
	}
	var read bundle
	if err := json.NewDecoder(os.Stdin).Decode(&read); err != nil {
		log.Fatal(err)
	}
	tree := open(read.Checkpoint, verifier)
	if read.Old != nil {
		old := open(*read.Old, verifier)
		if err := tlog.CheckTree(read.Consistency, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			log.Fatalf("consistency from %d to %d: %v", old.N, tree.N, err)
		}
	}
	for _, each := range read.Inclusion {
		if err := tlog.CheckRecord(each.Hashes, tree.N, tree.Hash, each.Index, tlog.RecordHash(each.Leaf)); err != nil {
			log.Fatalf("entry %d: %v", each.Index, err)
		}
		commitment := sha256.Sum256(append(each.Salt, each.Payload...))
		if each.Payload != nil && !bytes.Equal(each.Leaf, append([]byte("sameview/audit-leaf/v1\x00"), commitment[:]...)) {
			log.Fatalf("entry %d: not the leaf of this salt and payload", each.Index)
		}
	}
	fmt.Printf("%d entries proved in a tree of %d\n", len(read.Inclusion), tree.N)
}
