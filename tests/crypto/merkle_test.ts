import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Bytes, fromHex, toHex } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { EMPTY_ROOT, leafHash, MerkleFrontier, MerkleTree, nodeHash } from "../../crypto/merkle.ts";

/** The reference tree of Certificate Transparency (RFC 6962): its eight entries. */
const REFERENCE_ENTRIES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map(fromHex);

/** The published roots over the first 0 to 8 of them. */
const REFERENCE_ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** RFC 9162 section 2.1.1, word for word. */
function definedRoot(entries: readonly Uint8Array[]): Bytes {
  if (entries.length === 0) return sha256(new Uint8Array(0));
  if (entries.length === 1) return sha256(Uint8Array.of(0, ...entries[0]!));
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  const left = definedRoot(entries.slice(0, split));
  const right = definedRoot(entries.slice(split));
  return sha256(Uint8Array.of(1, ...left, ...right));
}

function treeOf(entries: readonly Uint8Array[]): { tree: MerkleTree; frontier: MerkleFrontier } {
  const tree = new MerkleTree();
  const frontier = new MerkleFrontier();
  for (const entry of entries) {
    tree.append(leafHash(entry));
    frontier.append(leafHash(entry));
  }
  return { tree, frontier };
}

const manyEntries = (count: number) =>
  Array.from({ length: count }, (_, i) => Uint8Array.of(i & 255, i >> 8));

Deno.test("merkle: the published roots of the reference tree come out", () => {
  const { tree } = treeOf(REFERENCE_ENTRIES);
  const frontier = new MerkleFrontier();
  assertEquals(toHex(frontier.root()), REFERENCE_ROOTS[0]);
  REFERENCE_ENTRIES.forEach((entry, i) => {
    frontier.append(leafHash(entry));
    assertEquals(toHex(frontier.root()), REFERENCE_ROOTS[i + 1]);
  });
  REFERENCE_ROOTS.forEach((root, size) => assertEquals(toHex(tree.rootAt(size)), root));
  assertEquals(toHex(EMPTY_ROOT), REFERENCE_ROOTS[0]);
});

Deno.test("merkle: every size up to 300 has the root of the definition, in both", () => {
  const entries = manyEntries(300);
  const { tree } = treeOf(entries);
  const frontier = new MerkleFrontier();
  for (let size = 0; size <= entries.length; size++) {
    const root = definedRoot(entries.slice(0, size));
    assertEquals(tree.rootAt(size), root, `tree, size ${size}`);
    assertEquals(frontier.root(), root, `frontier, size ${size}`);
    assertEquals(frontier.size, size);
    if (size < entries.length) frontier.append(leafHash(entries[size]!));
  }
});

Deno.test("merkle: any entries have the root of the definition", () => {
  const lists = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 70 });
  fc.assert(fc.property(lists, fc.nat(), (entries, at) => {
    const { tree, frontier } = treeOf(entries);
    const size = at % (entries.length + 1);
    assertEquals(frontier.root(), definedRoot(entries));
    assertEquals(tree.rootAt(entries.length), definedRoot(entries));
    assertEquals(tree.rootAt(size), definedRoot(entries.slice(0, size)));
  }));
});

Deno.test("merkle: a changed, moved, missing or doubled entry gives another root", () => {
  const lists = fc.uniqueArray(fc.uint8Array({ maxLength: 8 }), {
    minLength: 2,
    maxLength: 40,
    selector: toHex,
  });
  fc.assert(fc.property(lists, fc.nat(), (entries, at) => {
    const i = at % (entries.length - 1);
    const root = toHex(treeOf(entries).frontier.root());
    const others = [
      entries.with(i, Uint8Array.of(...entries[i]!, 0)),
      entries.with(i, entries[i + 1]!).with(i + 1, entries[i]!),
      entries.toSpliced(i, 1),
      entries.toSpliced(i, 0, entries[i]!),
    ];
    for (const other of others) assertNotEquals(toHex(treeOf(other).frontier.root()), root);
  }));
});

Deno.test("merkle: a frontier that was stored goes on as before", () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), (size, more) => {
      const entries = manyEntries(size + more);
      const { frontier } = treeOf(entries.slice(0, size));
      const stored = MerkleFrontier.from(frontier.size, frontier.peaks());
      for (const entry of entries.slice(size)) stored.append(leafHash(entry));
      assertEquals(stored.root(), treeOf(entries).frontier.root());
      assertEquals(frontier.root(), definedRoot(entries.slice(0, size)));
    }),
    { numRuns: 40 },
  );
});

Deno.test("merkle: peaks that do not belong to the size are refused", () => {
  const { frontier } = treeOf(manyEntries(11));
  const peaks = frontier.peaks();
  assertEquals(peaks.length, 3);
  const bad: [number, Bytes[]][] = [
    [10, peaks],
    [12, peaks],
    [15, peaks],
    [11, peaks.slice(1)],
    [11, [...peaks, peaks[0]!]],
    [0, peaks],
    [11, []],
    [11, peaks.with(1, new Uint8Array(31))],
    [11, peaks.with(2, new Uint8Array(33))],
    [-1, []],
    [0.5, []],
    [Number.NaN, []],
    [2 ** 53, [peaks[0]!]],
  ];
  for (const [size, list] of bad) {
    assertThrows(() => MerkleFrontier.from(size, list), FormatError, undefined, `size ${size}`);
  }
  assertEquals(MerkleFrontier.from(13, peaks).size, 13);
});

Deno.test("merkle: sizes beyond 32 bits are sizes too", () => {
  const peak = leafHash(Uint8Array.of(1));
  const frontier = MerkleFrontier.from(2 ** 40, [peak]);
  assertEquals(frontier.root(), peak);
  const leaf = leafHash(Uint8Array.of(2));
  frontier.append(leaf);
  assertEquals([frontier.size, frontier.root()], [2 ** 40 + 1, nodeHash(peak, leaf)]);
  frontier.append(leaf);
  assertEquals(frontier.peaks(), [peak, nodeHash(leaf, leaf)]);
});

Deno.test("merkle: a copy is independent, and nothing handed out changes the tree", () => {
  const { tree, frontier } = treeOf(manyEntries(7));
  const root = toHex(frontier.root());
  const copy = frontier.clone();
  copy.append(leafHash(Uint8Array.of(9)));
  assertEquals([frontier.size, copy.size], [7, 8]);
  const given = leafHash(Uint8Array.of(5));
  const [grown, after] = [frontier.clone(), frontier.clone()];
  grown.append(given);
  after.append(given.slice());
  given.fill(0);
  for (const hash of [...frontier.peaks(), frontier.root(), tree.rootAt(7), tree.rootAt(4)]) {
    hash.fill(0);
  }
  new MerkleFrontier().root().fill(0);
  new MerkleTree().rootAt(0).fill(0);
  assertEquals([toHex(frontier.root()), toHex(tree.rootAt(7))], [root, root]);
  assertEquals(grown.root(), after.root());
  assertEquals(tree.rootAt(4), definedRoot(manyEntries(4)));
  assertEquals(toHex(EMPTY_ROOT), REFERENCE_ROOTS[0]);
});

Deno.test("merkle: roots of sizes there are not, and hashes of other lengths, are refused", () => {
  const { tree, frontier } = treeOf(manyEntries(5));
  for (const size of [6, -1, 1.5, Number.NaN]) {
    assertThrows(() => tree.rootAt(size), RangeError);
  }
  for (const length of [0, 31, 33]) {
    assertThrows(() => tree.append(new Uint8Array(length)), RangeError);
    assertThrows(() => frontier.append(new Uint8Array(length)), RangeError);
  }
  assertEquals([tree.size, frontier.size], [5, 5]);
});

Deno.test("merkle: a leaf is never taken for a node", () => {
  const [left, right] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))];
  const forged = Uint8Array.of(...left, ...right);
  assertNotEquals(leafHash(forged), nodeHash(left, right));
  assert(treeOf([forged]).frontier.root().length === 32);
});
