/**
 * The server's keys in use: who it is (root key, server record) and what it opens (KEM keys).
 *
 * A record is valid for 120 days. Once 90 of them are over, a new KEM key and a new record under the
 * next seq take its place; the KEM key before stays usable for clients that have not seen the new
 * record yet, the one before that is gone.
 */

import { type Bytes, equalBytes, randomBytes } from "../../crypto/bytes.ts";
import {
  decapsulate,
  generateKemKeyPair,
  importKemPrivateKey,
  type KemPrivateKey,
} from "../../crypto/composite_kem.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import { createServerSetup } from "../../crypto/password_server.ts";
import {
  makeServerRecord,
  parseServerRecord,
  type ServerRecord,
} from "../../crypto/server_record.ts";
import { generateSigningKeyPair, importSigner, type SigningSecret } from "../../crypto/sign.ts";
import { type Clock, releaseOnTick } from "../../crypto/tick.ts";
import { type DataPaths, keyFileStamp, withKeyFileLock } from "../data_folder.ts";
import { DataFolderError } from "../errors.ts";
import {
  type KeyFile,
  MAX_KEM_KEYS,
  readKeyFile,
  rereadKeyFile,
  type ServerSecrets,
  type StoredKemKey,
  writeKeyFile,
} from "./key_file.ts";
import { type KeySeal, newSeal } from "./key_seal.ts";

const DAY_MS = 24 * 60 * 60_000;
/** A record is replaced when it is so old. */
export const RECORD_RENEWAL_MS = 90 * DAY_MS;
/** A record is valid for so long. */
export const RECORD_VALIDITY_MS = 120 * DAY_MS;

/**
 * Makes the secrets of a new server and writes them. Takes a second: RSA.
 *
 * @param passphrase What to seal the key file with; null: it is not sealed.
 */
export async function createServerKeys(
  paths: DataPaths,
  { now, passphrase }: { now: number; passphrase: string | null },
): Promise<void> {
  const [signing, kem] = await Promise.all([generateSigningKeyPair(), generateKemKeyPair()]);
  const record = await recordFor(kem, { signing: signing.secret, seq: 1, now });
  const seal = passphrase === null ? null : await newSeal(passphrase);
  writeKeyFile(paths, {
    signing: signing.secret,
    kem: [kem],
    opaqueSetup: createServerSetup(),
    databaseKey: randomBytes(32),
    record: record.bytes,
  }, seal);
}

/**
 * Puts a new KEM key and a new record into the key file, unless a look at the file as it is then
 * says that this is not wanted any more. Returns what the file has in the end.
 */
export async function replaceKemKey(
  paths: DataPaths,
  { seal, now, wanted = () => true }: {
    seal: KeySeal | null;
    now: number;
    wanted?: (record: ServerRecord) => boolean;
  },
): Promise<ServerSecrets> {
  const kem = await generateKemKeyPair();
  return await withKeyFileLock(paths, async () => {
    const secrets = rereadKeyFile(paths, seal);
    const { signing } = secrets;
    const before = parseServerRecord(secrets.record);
    if (!wanted(before)) return secrets;
    const record = await recordFor(kem, { signing, seq: before.seq + 1, now });
    const keys = [kem, ...secrets.kem].slice(0, MAX_KEM_KEYS);
    const replaced = { ...secrets, kem: keys, record: record.bytes };
    writeKeyFile(paths, replaced, seal);
    return replaced;
  });
}

/** A record that is valid from `now` on. */
async function recordFor(
  { publicKey }: StoredKemKey,
  { signing, seq, now }: { signing: SigningSecret; seq: number; now: number },
): Promise<ServerRecord> {
  return await makeServerRecord({
    signer: await importSigner(signing),
    kemPublicKey: publicKey,
    seq,
    notBefore: now,
    notAfter: now + RECORD_VALIDITY_MS,
  });
}

/** The fingerprint of the server's root key, which is also its realm: 32 bytes. */
export function realmOf(secrets: ServerSecrets): Bytes {
  return fingerprintOf(parseServerRecord(secrets.record).signingKey);
}

/** The keys of a running server. */
export class ServerKeys {
  #record: ServerRecord;
  #kemKeys: readonly KemPrivateKey[];
  #secrets: ServerSecrets;
  /** The key file as it was when it was read last. */
  #stamp: string;
  readonly #seal: KeySeal | null;
  readonly #paths: DataPaths;
  readonly #clock: Clock;

  private constructor(
    { secrets, seal }: KeyFile,
    kemKeys: readonly KemPrivateKey[],
    { paths, clock, stamp }: { paths: DataPaths; clock: Clock; stamp: string },
  ) {
    this.#secrets = secrets;
    this.#seal = seal;
    this.#kemKeys = kemKeys;
    this.#record = parseServerRecord(secrets.record);
    this.#stamp = stamp;
    this.#paths = paths;
    this.#clock = clock;
  }

  /**
   * Reads the key file. The pass phrase is needed only here, and not kept.
   *
   * @throws {DataFolderError} see readKeyFile. @throws {FormatError} when keys do not fit together.
   */
  static async open(
    paths: DataPaths,
    clock: Clock,
    passphrase: string | null = null,
  ): Promise<ServerKeys> {
    const stamp = keyFileStamp(paths);
    const file = await readKeyFile(paths, passphrase);
    return new ServerKeys(file, await importAll(file.secrets), { paths, clock, stamp });
  }

  /** The signed record, to hand to clients. */
  get record(): ServerRecord {
    return this.#record;
  }

  get secrets(): ServerSecrets {
    return this.#secrets;
  }

  /**
   * The shared secret in a ciphertext for the KEM key of that id, 32 bytes, released on a tick. An
   * unknown id is answered with random bytes, as is a wrong ciphertext: the handshake fails later.
   */
  decapsulate(keyId: Bytes, ciphertext: Bytes): Promise<Bytes> {
    const key = this.#kemKeys.find((candidate) => equalBytes(candidate.keyId, keyId));
    const work = () => key === undefined ? randomBytes(32) : decapsulate(key, ciphertext);
    return releaseOnTick(this.#clock, work);
  }

  /** Replaces KEM key and record when the record is old enough. True: it was. */
  async renewIfDue(): Promise<boolean> {
    const now = this.#clock.now();
    const isDue = ({ notBefore }: ServerRecord) => now >= notBefore + RECORD_RENEWAL_MS;
    if (!isDue(this.#record)) return false;
    return await this.#adopt(
      await replaceKemKey(this.#paths, { seal: this.#seal, now, wanted: isDue }),
    );
  }

  /**
   * Takes over what `mailsec server rotate` has written. True: there was something new.
   *
   * @throws {DataFolderError} once for each change of the file that is not a rotation.
   */
  async refresh(): Promise<boolean> {
    const stamp = keyFileStamp(this.#paths);
    if (stamp === this.#stamp) return false;
    this.#stamp = stamp;
    const secrets = rereadKeyFile(this.#paths, this.#seal);
    if (!equalBytes(realmOf(secrets), this.#record.realm)) {
      const message = `${this.#paths.keyFile} has become another server's.`;
      throw new DataFolderError("data_folder", message);
    }
    return await this.#adopt(secrets);
  }

  async #adopt(secrets: ServerSecrets): Promise<boolean> {
    const record = parseServerRecord(secrets.record);
    const kemKeys = await importAll(secrets);
    if (record.seq <= this.#record.seq) return false;
    this.#secrets = secrets;
    this.#kemKeys = kemKeys;
    this.#record = record;
    return true;
  }
}

function importAll(secrets: ServerSecrets): Promise<KemPrivateKey[]> {
  return Promise.all(secrets.kem.map((key) => importKemPrivateKey(key.secret, key.publicKey)));
}
