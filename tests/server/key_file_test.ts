import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { randomBytes } from "../../crypto/bytes.ts";
import { encapsulate } from "../../crypto/composite_kem.ts";
import type { MailsecError } from "../../crypto/errors.ts";
import { parseServerRecord } from "../../crypto/server_record.ts";
import { changeKeyPassphrase, rotateServerKeys } from "../../server/admin/keys.ts";
import { withOffice } from "../../server/admin/office.ts";
import { systemClock } from "../../server/clock.ts";
import { type DataPaths, dataPaths, lockDataFolder } from "../../server/data_folder.ts";
import { DataFolderError } from "../../server/errors.ts";
import {
  isKeyFileSealed,
  readKeyFile,
  rereadKeyFile,
  writeKeyFile,
} from "../../server/vault/key_file.ts";
import { newSeal } from "../../server/vault/key_seal.ts";
import { createServerKeys, RECORD_RENEWAL_MS, ServerKeys } from "../../server/vault/server_keys.ts";
import { makeDataFolder } from "./data.ts";
import { testKeys } from "./test_client.ts";

const PHRASE = "Zürich elf bakes nine moons";

/** Runs with the data folder of a server that has not been started; sealed if there is a phrase. */
async function withFolder(
  use: (paths: DataPaths) => Promise<void>,
  { phrase = null, recordAgeMs = 0 }: { phrase?: string | null; recordAgeMs?: number } = {},
): Promise<void> {
  const folder = await makeDataFolder({ recordAgeMs });
  const paths = dataPaths(folder);
  try {
    if (phrase !== null) await setPhrase(paths, null, phrase);
    await use(paths);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function setPhrase(
  { folder }: DataPaths,
  current: string | null,
  next: string | null,
): Promise<void> {
  return changeKeyPassphrase(folder, {
    current: () => Promise.resolve(current),
    next: () => Promise.resolve(next),
  });
}

async function codeOf(work: () => unknown): Promise<string> {
  const error = await assertRejects(async () => await work(), DataFolderError);
  return (error as MailsecError).code;
}

const latin1 = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

Deno.test("key file: what is sealed opens with the pass phrase alone", () =>
  withFolder(async (paths) => {
    const { secrets, seal } = await readKeyFile(paths, "not looked at");
    assertEquals([seal, isKeyFileSealed(paths)], [null, false]);
    await setPhrase(paths, null, PHRASE);
    assertEquals(isKeyFileSealed(paths), true);
    assertEquals((await readKeyFile(paths, PHRASE)).secrets, secrets);
    for (const wrong of [null, "", PHRASE.toLowerCase(), `${PHRASE} `]) {
      assertEquals(await codeOf(() => readKeyFile(paths, wrong)), "key_passphrase");
      assertEquals(
        await codeOf(() => withOffice(paths.folder, () => Promise.resolve(), wrong)),
        "key_passphrase",
      );
      assertEquals(
        await codeOf(() => ServerKeys.open(paths, systemClock, wrong)),
        "key_passphrase",
      );
    }
    assertEquals((await Deno.stat(paths.keyFile)).mode! & 0o777, 0o600);
    await setPhrase(paths, PHRASE, null);
    assertEquals((await readKeyFile(paths)).secrets, secrets);
  }));

Deno.test("key file: a pass phrase is the same however its letters are composed", () =>
  withFolder(async (paths) => {
    const decomposed = PHRASE.normalize("NFD");
    assertNotEquals(decomposed, PHRASE);
    assert((await readKeyFile(paths, decomposed)).seal !== null);
  }, { phrase: PHRASE }));

Deno.test("key file: sealed, it shows no secret, nor twice the same", () =>
  withFolder(async (paths) => {
    const { secrets } = await readKeyFile(paths);
    const { signing, databaseKey, opaqueSetup, kem } = secrets;
    const all = [signing.ed25519Seed, signing.mlDsaSeed, databaseKey, opaqueSetup];
    const needles = [...all, kem[0]!.secret.mlkemSeed, kem[0]!.secret.rsaPkcs8].map(latin1);
    const open = latin1(Deno.readFileSync(paths.keyFile));
    for (const needle of needles) assert(open.includes(needle));
    await setPhrase(paths, null, PHRASE);
    const sealed = latin1(Deno.readFileSync(paths.keyFile));
    for (const needle of needles) assert(!sealed.includes(needle));
    await setPhrase(paths, PHRASE, PHRASE);
    const again = latin1(Deno.readFileSync(paths.keyFile));
    assertNotEquals(again.slice(5, 21), sealed.slice(5, 21), "the salt");
    const { seal } = await readKeyFile(paths, PHRASE);
    writeKeyFile(paths, secrets, seal);
    const rewritten = latin1(Deno.readFileSync(paths.keyFile));
    assertEquals(rewritten.slice(0, 21), again.slice(0, 21), "the same seal");
    assertNotEquals(rewritten.slice(21, 45), again.slice(21, 45), "another nonce");
  }));

/** After the version, the salt, nonce and tag, and later. */
const CUTS = [[4, "data_folder"], [5, "data_folder"], [21, "data_folder"], [61, "data_folder"], [
  62,
  "key_passphrase",
], [2000, "key_passphrase"]] as const;

Deno.test("key file: sealed, no byte of it can be changed or cut off", () =>
  withFolder(async (paths) => {
    const bytes = Deno.readFileSync(paths.keyFile);
    const { secrets, seal } = await readKeyFile(paths, PHRASE);
    assertEquals(rereadKeyFile(paths, seal), secrets);
    for (const at of [5, 20, 21, 44, 45, bytes.length - 17, bytes.length - 1]) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      Deno.writeFileSync(paths.keyFile, changed);
      assertThrows(() => rereadKeyFile(paths, seal), DataFolderError, "does not open", String(at));
    }
    for (const [length, code] of CUTS) {
      Deno.writeFileSync(paths.keyFile, bytes.slice(0, length));
      assertEquals(await codeOf(() => rereadKeyFile(paths, seal)), code, String(length));
      assertEquals(await codeOf(() => readKeyFile(paths, PHRASE)), code, String(length));
    }
    for (const at of [0, 4]) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      Deno.writeFileSync(paths.keyFile, changed);
      assertEquals(await codeOf(() => readKeyFile(paths, PHRASE)), "data_folder");
    }
  }, { phrase: PHRASE }));

Deno.test("key file: the keys of a new server are sealed from the first moment", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailsec-" });
  try {
    const paths = dataPaths(folder);
    await createServerKeys(paths, { now: Date.now(), passphrase: PHRASE });
    assertEquals(isKeyFileSealed(paths), true);
    assertEquals((await ServerKeys.open(paths, systemClock, PHRASE)).record.seq, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("key file: the pass phrase is not changed under a running server", () =>
  withFolder(async (paths) => {
    const before = Deno.readFileSync(paths.keyFile);
    const lock = lockDataFolder(paths);
    let asked = 0;
    const ask = () => Promise.resolve(`${++asked} of the pass phrases`);
    const change = () => changeKeyPassphrase(paths.folder, { current: ask, next: ask });
    assertEquals(await codeOf(change), "data_folder_in_use");
    assertEquals([asked, Deno.readFileSync(paths.keyFile)], [0, before]);
    lock.close();
    await change();
    assertEquals(isKeyFileSealed(paths), true);
  }));

Deno.test("server keys: a renewal keeps the seal that the file has", () =>
  withFolder(async (paths) => {
    const keys = await ServerKeys.open(paths, systemClock, PHRASE);
    assertEquals(await keys.renewIfDue(), true);
    assertEquals(isKeyFileSealed(paths), true);
    assertEquals((await ServerKeys.open(paths, systemClock, PHRASE)).record, keys.record);
  }, { phrase: PHRASE, recordAgeMs: RECORD_RENEWAL_MS }));

for (const phrase of [null, PHRASE]) {
  const how = phrase === null ? "open" : "sealed";
  Deno.test(`server keys (${how}): a rotation is taken over by a running server`, () =>
    withFolder(async (paths) => {
      const keys = await ServerKeys.open(paths, systemClock, phrase);
      const before = keys.record;
      assertEquals(await keys.refresh(), false);
      const rotated = await rotateServerKeys(paths.folder, { passphrase: phrase, now: Date.now() });
      assertEquals([rotated.seq, rotated.realm], [before.seq + 1, before.realm]);
      assertNotEquals(rotated.kemKey, before.kemKey);
      assertEquals(keys.record, before);
      assertEquals(await keys.refresh(), true);
      assertEquals(keys.record, rotated);
      assertEquals(await keys.refresh(), false);
      const { kemPublic } = await testKeys();
      const { ciphertext, sharedSecret } = await encapsulate(kemPublic);
      assertEquals(await keys.decapsulate(kemPublic.keyId, ciphertext), sharedSecret);
      assertEquals(isKeyFileSealed(paths), phrase !== null);
    }, { phrase }));
}

Deno.test("server keys: of rotations at once none is lost, and no record has a seq of another", () =>
  withFolder(async (paths) => {
    const keys = await ServerKeys.open(paths, systemClock);
    const now = Date.now();
    const rotate = () => rotateServerKeys(paths.folder, { passphrase: null, now });
    const [first, second, renewed] = await Promise.all([rotate(), rotate(), keys.renewIfDue()]);
    const seqs = [first.seq, second.seq].sort();
    const last = parseServerRecord(rereadKeyFile(paths, null).record);
    // The renewal comes before them, between them, or finds that it is not due any more.
    assert(JSON.stringify(seqs) !== JSON.stringify([2, 2]));
    assert(last.seq === 3 || last.seq === 4, String(last.seq));
    await keys.refresh();
    assertEquals([keys.record, renewed], [last, true]);
  }, { recordAgeMs: RECORD_RENEWAL_MS }));

Deno.test("server keys: a file that became another server's, or cannot be read, changes nothing", () =>
  withFolder((paths) =>
    withFolder(async (other) => {
      const keys = await ServerKeys.open(paths, systemClock);
      const { record } = keys;
      await Deno.copyFile(other.keyFile, paths.keyFile);
      assertEquals(await codeOf(() => keys.refresh()), "data_folder");
      assertEquals(await keys.refresh(), false, "it is said once");
      const { secrets } = await readKeyFile(other);
      writeKeyFile(paths, secrets, await newSeal(PHRASE));
      assertEquals(await codeOf(() => keys.refresh()), "key_passphrase");
      Deno.writeFileSync(paths.keyFile, randomBytes(99), { mode: 0o600 });
      assertEquals(await codeOf(() => keys.refresh()), "data_folder");
      assertEquals(keys.record, record);
    })
  ));
