// Checks what Sameview's access log says about you, in your browser: the same steps, in the same order and with the same
// words, as verify.py. It uses nothing but the browser's own SHA-256 and Ed25519, sends nothing anywhere, and remembers
// the last checkpoint of each log in this browser. Take it and the log's key from the witness of your works council, or
// compare its SHA-256: whoever lies in the log would also serve a verifier that does not notice.
"use strict";

const LOG_KEY = 1, WITNESS_KEY = 4; // the types of keys in C2SP's signed-note
const LEAF = "sameview/audit-leaf/v1\0";
const CHAINS = ["others", "self"];
const MISSING = "“others” is missing, and begins when your account is made (after this checkpoint? then wait for the next)";
const NOT_CLOSED = "urn:sameview:problem:no-day-closed"; // the one refusal of a closing that is no alarm
const FILES = { // what each of the files has to have
  bundle: ["checkpoint", "old", "consistency", "inclusion"],
  closing: ["day", "size", "chains", "proof"],
};
const NOT_PROVEN = {
  state: "What the log was before is not known here: this is the first check with this memory.",
  witness: "No witness was asked for: the log could show others another log.",
  contents: "Some entries came without their contents, so that nobody can tell whom they are about.",
  closing: "No closing of a day was given: entries after your last one may have been left out.",
  newer: "That nothing newer than this closing was left out: the next one will count it.",
  elsewhere: "That nobody looked in another way: in the machine's memory, with its keys, over your shoulder.",
  truth: "That what an entry says was true: only that it was written then, and not changed since.",
};

class Wrong extends Error {} // something does not verify: the message says where and what

// Bytes

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (a, b) => hex(a) === hex(b);

function join(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0);
  return joined;
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}

function unbase64(text, length = null) {
  const decoded = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  if (btoa(String.fromCharCode(...decoded)) !== text || ![null, decoded.length].includes(length)) {
    throw new Wrong("not the base64 of as many bytes as there should be");
  }
  return decoded;
}

function unhex(text, length) {
  if (!/^([0-9a-f]{2})*$/.test(text) || text.length !== 2 * length) throw new Wrong("not hexadecimal digits");
  return Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
}

function whole(number) {
  if (!Number.isSafeInteger(number) || number < 0) throw new Wrong("not a whole number");
  return number;
}

// Notes: a text, a blank line, and a line for each signature

async function readKey(text, kind) {
  const [name, stated, ...rest] = text.trim().split("+");
  const refused = new Wrong(`not the verifier key of a ${kind === LOG_KEY ? "log" : "witness"}: “${text}”`);
  let material;
  try { material = unbase64(rest.join("+"), 33); } catch { throw refused; }
  const id = hex((await sha256(encode(name), encode("\n"), material)).slice(0, 4));
  if (material[0] !== kind || stated !== id) throw refused;
  return { name, id, public: await crypto.subtle.importKey("raw", material.slice(1), { name: "Ed25519" }, false, ["verify"]) };
}

function signaturesBy(key, note) {
  const end = note.lastIndexOf("\n\n"), signed = note.slice(end + 2);
  const lines = [...signed.matchAll(/^\u2014 (\S+) (\S+)$/gm)];
  if (end < 0 || signed !== lines.map((line) => `${line[0]}\n`).join("")) throw new Wrong("checkpoint: not a signed note");
  if (/[\0-\t\v-\x1f]/.test(note)) throw new Wrong("checkpoint: a note holds no control characters");
  const found = lines.map((line) => [line[1], unbase64(line[2])]);
  const mine = found.filter(([name, raw]) => name === key.name && hex(raw.slice(0, 4)) === key.id);
  return [note.slice(0, end + 1), mine.map(([, raw]) => raw.slice(4))];
}

async function checkSignature(key, signature, message) {
  const fits = await crypto.subtle.verify({ name: "Ed25519" }, key.public, signature, encode(message));
  if (!fits) throw new Wrong("checkpoint: a signature is wrong");
}

async function openCheckpoint(note, key) {
  const [text, found] = signaturesBy(key, note);
  if (!found.length) throw new Wrong(`checkpoint: not signed by ${key.name} with the key that you gave`);
  for (const signature of found) await checkSignature(key, signature, text);
  const stated = /^([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n$/.exec(text);
  if (!stated || stated[1] !== key.name) throw new Wrong(`checkpoint: not one of ${key.name}`);
  return { size: whole(Number(stated[2])), root: unbase64(stated[3], 32) };
}

/** The root as it is printed on a sheet: hex, in groups of four. */
const fingerprint = (tree) => hex(tree.root).replace(/(....)(?=.)/g, "$1 ");
const sameTree = (a, b) => a.size === b.size && same(a.root, b.root);

// Trees (RFC 9162 section 2.1)

const leafHash = (data) => sha256([0], data);
const nodeHash = (left, right) => sha256([1], left, right);
const half = (number) => Math.floor(number / 2);

/** What a proof leads to: the root up to leaf `index`, and up to `last` (sections 2.1.3.2 and 2.1.4.2). */
async function climb(start, index, last, proof) {
  let before = start, after = start;
  for (const sibling of proof) {
    if (last === 0) throw new Wrong("the proof is too long");
    if (index % 2 || index === last) {
      [before, after] = [await nodeHash(sibling, before), await nodeHash(sibling, after)];
      while (index % 2 === 0 && index) [index, last] = [half(index), half(last)];
    } else {
      after = await nodeHash(after, sibling);
    }
    [index, last] = [half(index), half(last)];
  }
  if (last) throw new Wrong("the proof is too short");
  return [before, after];
}

async function rootAbove(leaf, index, size, proof) {
  if (whole(index) >= whole(size)) throw new Wrong("beyond the end of the tree");
  return (await climb(await leafHash(leaf), index, size - 1, proof))[1];
}

async function checkGrowth(old, tree, proof) {
  let grown = sameTree(old, tree) && !proof.length;
  if (old.size > 0 && old.size < tree.size) {
    let index = old.size - 1, last = tree.size - 1;
    while (index % 2) [index, last] = [half(index), half(last)];
    const [start, rest] = index && proof.length ? [proof[0], proof.slice(1)] : [old.root, proof];
    const roots = await climb(start, index, last, rest).catch(() => null);
    grown = roots !== null && same(roots[0], old.root) && same(roots[1], tree.root);
  }
  if (!grown) throw new Wrong(`checkpoint: the log of ${old.size} entries is not the beginning of the log of ${tree.size}`);
}

const hashes = (texts) => texts.map((text) => unbase64(text, 32));

// Entries

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

async function checkEntry(each, tree) {
  const leaf = unbase64(each.leaf);
  if (!same(await rootAbove(leaf, each.index, tree.size, hashes(each.hashes)), tree.root)) {
    throw new Wrong("is not in the log: its proof leads to another root");
  }
  if (each.payload === null) return null;
  const salt = unbase64(each.salt, 32), payload = unbase64(each.payload), commitment = await sha256(salt, payload);
  if (!same(leaf, join(encode(LEAF), commitment))) throw new Wrong("salt and payload are not what the log committed to");
  const says = JSON.parse(decode(payload));
  const words = /^[!-\[\]-~]+$/.test(decode(payload)); // no blank, no escape
  if (says.v !== 1 || canonical(says) !== decode(payload) || !words) {
    throw new Wrong("not a payload of version 1 in its one canonical form, or not in plain words");
  }
  return { ...says, sequence: whole(says.sequence), place: each.index, commitment: hex(commitment) };
}

async function checkEntries(bundle, tree) {
  const found = [];
  for (const each of bundle.inclusion) {
    try { found.push(await checkEntry(each, tree)); } catch (error) {
      throw new Wrong(`entry ${each.index}: ${error.message}`);
    }
  }
  return found;
}

// Your own numbering

function checkSubject(entries, expected) {
  const subject = expected || (entries[0]?.subject ?? "");
  for (const entry of entries) {
    const own = entry.viewer === subject || entry.chain === "others";
    if (entry.subject !== subject || !CHAINS.includes(entry.chain) || !own) {
      throw new Wrong(`entry ${entry.place}: is not about ${subject}, or in a chain where it does not belong`);
    }
    if (!/^\["[0-9a-f]{32}",(null|"[0-9a-f]{32}")\]$/.test(JSON.stringify([subject, entry.viewer]))) {
      throw new Wrong(`entry ${entry.place}: names somebody by what is no id`);
    }
  }
  return subject;
}

/** The commitments by number; an entry also names that of the one before it. */
function commitments(chain) {
  const known = new Map(chain.map((entry) => [entry.sequence, entry.commitment]));
  if (chain.length && chain[0].sequence) known.set(chain[0].sequence - 1, chain[0].previous);
  return known;
}

function checkChain(name, chain, seen) {
  for (let i = 1; i < chain.length; i++) {
    const number = chain[i - 1].sequence, place = `entry ${chain[i].place}: number ${chain[i].sequence} of “${name}”`;
    if (chain[i].sequence !== number + 1) throw new Wrong(`${place} comes after number ${number}`);
    if (chain[i].previous !== chain[i - 1].commitment) throw new Wrong(`${place} does not continue from number ${number}`);
  }
  if (chain.length && chain[0].sequence === 0 && chain[0].previous !== null) {
    throw new Wrong(`entry ${chain[0].place}: the first of “${name}” continues from another`);
  }
  const known = commitments(chain);
  if (seen && Math.max(-1, ...known.keys()) < seen.number) {
    throw new Wrong(`“${name}” ends before number ${seen.number}, which you have seen: entries were dropped`);
  }
  if (seen && known.has(seen.number) && known.get(seen.number) !== seen.commitment) {
    throw new Wrong(`number ${seen.number} of “${name}” is not the entry that you have seen: it was replaced`);
  }
}

function gapBefore(name, chain, seen, accepted) {
  const first = chain[0]?.sequence ?? null;
  if (first === 0 || (first === null && name === "self")) return [];
  const missing = first ? `numbers 0 to ${first - 1} of “${name}” are missing` : MISSING;
  if (first && seen && seen.number >= first - 1) return [`Why ${missing}: they were erased since you checked last, and whole then.`];
  if (accepted) return [`Why ${missing}: nothing here shows that they were erased because of their age.`];
  const why = "The log erases what is old, but nothing here proves that this is why: ask for the entry that says so.";
  throw new Wrong(`${missing}. ${why} To check the rest all the same, accept the gap.`);
}

// The closing of a day

/** The entry that closed a day, after checking that it is in your log. */
async function checkClosing(closing, tree, key) {
  const { proof, day } = closing;
  const other = await openCheckpoint(proof.checkpoint, key);
  if (!sameTree(other, tree)) {
    if (proof.old === null || !sameTree(await openCheckpoint(proof.old, key), tree)) {
      throw new Wrong(`closing: fetch it with ?old=${tree.size}, which proves that it is of the same log`);
    }
    await checkGrowth(tree, other, hashes(proof.consistency));
  }
  const [entry, ...more] = await checkEntries(proof, other);
  if (!entry || more.length || entry.outcome !== "closed" || entry.chain !== "organisation") {
    throw new Wrong("closing: this entry closes no day");
  }
  if (entry.period[0] !== day) throw new Wrong(`closing: entry ${entry.place} closes another day than ${day}`);
  if (entry.place >= tree.size) throw new Wrong("closing: it is newer than your bundle; fetch the bundle again");
  return entry;
}

/** Check how a closing counted your entries, against those that you hold; return what is proven and what not. */
async function checkCounts(closing, entry, chains) {
  const { day } = closing, counted = new Map(closing.chains.map((each) => [each.chain, each]));
  const missing = CHAINS.find((name) => !counted.has(name) && chains[name].some((e) => e.place < entry.place));
  if (missing) throw new Wrong(`closing: ${day} was closed without counting “${missing}”`);
  const lines = [];
  for (const [name, each] of counted) lines.push(await checkCount(chains[name], each, closing.size, entry));
  const left = CHAINS.filter((name) => !counted.has(name));
  return [lines.sort(), left.map((name) => `That “${name}” was empty on ${day}: the closing leaves it out.`)];
}

async function checkCount(chain, counted, size, entry) {
  const { chain: name, length } = counted, day = entry.period[0], count = new Uint8Array(8);
  new DataView(count.buffer).setBigUint64(0, BigInt(whole(length)));
  const leaf = join(unhex(counted.tag, 16), count, unhex(counted.commitment, 32));
  const root = await rootAbove(leaf, counted.index, size, hashes(counted.hashes));
  if (entry.digest !== `sha256:${hex(root)}`) throw new Wrong(`closing: this count of “${name}” is not what was committed to for ${day}`);
  const said = `closing: when ${day} was closed, the log counted ${length} entries of “${name}”`;
  if (commitments(chain).get(length - 1) !== counted.commitment) {
    throw new Wrong(`${said}, and the last of them is not among yours: entries were dropped or replaced`);
  }
  const wrong = chain.find((e) => (e.sequence >= length) !== (e.place > entry.place));
  if (wrong) throw new Wrong(`${said}, but entry ${wrong.place} says otherwise`);
  return `When ${day} was closed, the log counted ${length} entries of “${name}”, up to your last one then.`;
}

// The past, and witnesses

async function checkPast(bundle, tree, kept, key) {
  const old = bundle.old === null ? null : await openCheckpoint(bundle.old, key), proven = [];
  if (old) {
    await checkGrowth(old, tree, hashes(bundle.consistency));
    proven.push(`It grew out of the log of ${old.size} entries with the fingerprint ${fingerprint(old)}.`);
  }
  if (!kept) return proven;
  const before = await openCheckpoint(kept, key);
  if (tree.size < before.size) {
    throw new Wrong(`the log was rolled back from ${before.size} to ${tree.size} entries, or this is an old file`);
  }
  const shown = tree.size === before.size ? tree : old;
  if (before.size && shown?.size !== before.size) {
    throw new Wrong(`fetch the bundle with ?old=${before.size}: without, nothing proves that the log only grew`);
  }
  if (before.size && !sameTree(shown, before)) {
    throw new Wrong(`the log was forked: it showed you other entries among its first ${before.size} last time`);
  }
  return [...proven, `The log only grew since you checked last: ${before.size} entries then, ${tree.size} now.`];
}

async function checkWitnesses(bundle, witnesses) {
  const lines = [];
  for (const witness of witnesses) {
    for (const note of [bundle.checkpoint, bundle.old].filter(Boolean)) {
      const [text, found] = signaturesBy(witness, note);
      for (const signature of found) {
        const seconds = new DataView(join(signature.slice(0, 8), new Uint8Array(8)).buffer).getBigUint64(0);
        await checkSignature(witness, signature.slice(8), `cosignature/v1\ntime ${seconds}\n${text}`);
        const at = new Date(Number(seconds) * 1000).toISOString();
        lines.push(`${witness.name} co-signed the log of ${note.split("\n")[1]} entries on ${at.slice(0, 10)} at ${at.slice(11, 16)} UTC.`);
      }
    }
  }
  if (witnesses.length && !lines.length) throw new Wrong("checkpoint: none of your witnesses has co-signed it");
  return lines;
}

// The report

/** Check everything; return what is proven, what is not, who looked, and what to remember. Throws Wrong. */
async function check({ bundle, closing, state, key, witnesses, subject, acceptGap }) {
  const tree = await openCheckpoint(bundle.checkpoint, key), seen = state?.chains ?? {};
  const proven = [`The checkpoint over ${tree.size} entries is signed with the key of ${key.name} that you gave.`];
  proven.push(`Its fingerprint is ${fingerprint(tree)}: compare it with the sheet of ${tree.size} entries, if any.`);
  proven.push(...await checkWitnesses(bundle, witnesses), ...await checkPast(bundle, tree, state?.checkpoint, key));
  const found = await checkEntries(bundle, tree);
  proven.push(`${found.length} entries are in that log, each at its place.`);
  const entries = found.filter(Boolean).sort((a, b) => a.place - b.place), gaps = [];
  const chains = Object.fromEntries(CHAINS.map((name) => [name, entries.filter((entry) => entry.chain === name)]));
  [, subject] = [subject, state?.subject].map((each) => checkSubject(entries, each));
  for (const name of CHAINS) {
    checkChain(name, chains[name], seen[name]);
    gaps.push(...gapBefore(name, chains[name], seen[name], acceptGap));
  }
  const counts = CHAINS.map((name) => `${chains[name].length} of “${name}”`).join(" and ");
  if (entries.length) proven.push(`The entries about ${subject} are numbered one after the other: ${counts}.`);
  const closed = closing ? await checkClosing(closing, tree, key) : null, last = closed?.place ?? -1;
  if (last < (state?.closing ?? -1)) {
    throw new Wrong(`closing: you have checked that of entry ${state.closing}: give that or a later one`);
  }
  const [counted, uncounted] = closed ? await checkCounts(closing, closed, chains) : [[], []];
  const ends = Object.fromEntries(CHAINS.filter((name) => chains[name].length).map((name) => {
    const last = chains[name].at(-1);
    return [name, { number: last.sequence, commitment: last.commitment }];
  }));
  const lacking = { state: !state, witness: !witnesses.length, contents: entries.length < found.length, closing: !closed, newer: Boolean(closed) };
  const unproven = Object.keys(NOT_PROVEN).filter((name) => lacking[name] ?? true).map((name) => NOT_PROVEN[name]);
  const kept = { checkpoint: bundle.checkpoint, subject, chains: ends, closing: last };
  return { proven: [...proven, ...counted], unproven: [...gaps, ...uncounted, ...unproven], looks: chains.others, kept };
}

// The page: a form with `log`, `witness`, `subject`, `bundle`, `closing`, `gap`, and a place for the result. In the portal
// the form names where the two files come from; from a disk they are chosen.

function line(says, names) {
  const what = `${says.fields.join(", ") || "no figures"}, ${(says.period ?? ["no days"]).join(" to before ")}`;
  const who = names[says.viewer] ? `${names[says.viewer]} (${says.viewer})` : says.viewer;
  return `${says.time.slice(0, 16)}Z, entry ${says.place}: ${who} as ${says.relation}, for ${says.purpose}, ${says.outcome}: ${what}`;
}

function looks(entries, names) {
  const people = entries.filter((entry) => entry.viewer !== null).reverse();
  return [...people.map((says) => line(says, names)), `${entries.length - people.length} more were made by the system itself.`];
}

/** What the portal answers; null for a refusal of the `tolerated` type, any other is Wrong. */
async function fetched(address, asked, tolerated = null) {
  const answer = await fetch(`${address}?${new URLSearchParams(asked)}`);
  const read = await answer.json().catch(() => ({ detail: `no answer, but status ${answer.status}` }));
  if (answer.status === 404 && tolerated !== null && read.type === tolerated) return null;
  if (!answer.ok) throw new Wrong(`${address}: ${read.detail}`);
  return read;
}

/** A file's content; null for the answer that no day was closed yet. Wrong says what is in its place. */
function readFile(name, file, text) {
  let read = null;
  try { read = JSON.parse(text); } catch { throw new Wrong(`${file}: not a file of the kind “${name}”: it is no JSON`); }
  if (read?.status !== undefined && read.detail !== undefined) {
    if (name === "closing" && read.type === NOT_CLOSED) return null; // before the first night
    throw new Wrong(`${file}: the portal refused it: ${read.detail}`);
  }
  if (!FILES[name].every((part) => read?.[part] !== undefined)) {
    throw new Wrong(`${file}: not a file of the kind “${name}”, or only a part of it`);
  }
  return read;
}

async function gather(form, state, witnesses) {
  const read = async (field) => (field.files?.length ? readFile(field.name, field.files[0].name, await field.files[0].text()) : null);
  let bundle = await read(form.elements.bundle), closing = await read(form.elements.closing);
  if (!bundle && form.dataset.proofs) {
    const old = state ? { old: state.checkpoint.split("\n")[1] } : {};
    bundle = await fetched(form.dataset.proofs, { ...old, ...(witnesses.length ? { cosigned: "yes" } : {}) });
    // Before the first night no day is closed: the report says so. Whoever has seen a closing does not go without.
    closing ??= await fetched(form.dataset.closing, { old: bundle.checkpoint.split("\n")[1] }, NOT_CLOSED);
  }
  if (!bundle) throw new Wrong("choose the file with your proofs");
  return { bundle, closing };
}

async function run(form) {
  const fields = form.elements, typed = fields.witness.value.split("\n").filter((text) => text.trim());
  const key = await readKey(fields.log.value, LOG_KEY);
  const witnesses = await Promise.all(typed.map((text) => readKey(text, WITNESS_KEY)));
  const place = `sameview-verifier ${key.name}`, state = JSON.parse(localStorage.getItem(place));
  const files = await gather(form, state, witnesses);
  const given = { key, witnesses, state, subject: fields.subject.value.trim(), acceptGap: fields.gap.checked };
  const report = await check({ ...files, ...given });
  localStorage.setItem(place, JSON.stringify(report.kept)); // only now: everything verified
  localStorage.setItem("sameview-verifier keys", JSON.stringify({ log: fields.log.value, witness: fields.witness.value }));
  return report;
}

/** Spell out what would not be shown but obeyed: whoever writes entries could change how lines read with it. */
function visible(text) {
  const spelt = (each) => (each === " " ? each : `\\u{${each.codePointAt(0).toString(16)}}`);
  return text.replace(/[\p{C}\p{Z}]/gu, spelt);
}

function list(title, lines, kind) {
  const part = document.createElement("section"), heading = document.createElement("h3"), items = document.createElement("ul");
  heading.textContent = title;
  items.append(...lines.map((text) => Object.assign(document.createElement("li"), { textContent: visible(text) })));
  part.className = kind;
  part.append(heading, items);
  return part;
}

function show(place, kind, title, text, parts = []) {
  const heading = Object.assign(document.createElement("h2"), { textContent: title });
  const said = Object.assign(document.createElement("p"), { textContent: visible(text) });
  place.className = `card verdict ${kind}`;
  place.replaceChildren(heading, said, ...parts);
  place.hidden = false;
}

function explain(error) {
  if (error instanceof Wrong) return error.message;
  if (error.name === "NotSupportedError") return "This browser does not know Ed25519 signatures: use a newer one, or verify.py.";
  return `A file is not what it should be: ${error.message}`;
}

async function submitted(form, place) {
  show(place, "busy", "Checking …", "");
  try {
    const names = JSON.parse(form.dataset.names ?? "{}"), report = await run(form);
    show(place, "good", "It verifies", "What is listed as proven holds, whatever the portal says.", [
      list("Proven", report.proven, "proven"), list("Not proven", report.unproven, "unproven"),
      list("Who looked", looks(report.looks, names), "looks"),
    ]);
  } catch (error) {
    show(place, "bad", "It does not verify", explain(error));
  }
  place.focus();
}

function start(form, place) {
  if (!globalThis.crypto?.subtle) {
    return show(place, "bad", "This browser cannot check here", "Browsers give their cryptography only to pages from https, "
      + "from this computer, or from a file: save verify.html, verify.css and verify.js in one folder and open them there.");
  }
  const kept = JSON.parse(localStorage.getItem("sameview-verifier keys") ?? "{}");
  for (const name of ["log", "witness"]) form.elements[name].value ||= kept[name] ?? "";
  form.elements.check.disabled = false;
  form.addEventListener("submit", (event) => { event.preventDefault(); submitted(form, place); });
}

for (const form of document.querySelectorAll("form[data-verifier]")) start(form, document.getElementById(form.dataset.verifier));
