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
import { generateSigningKeyPair, importSigner } from "../../crypto/sign.ts";
import { type Clock, releaseOnTick } from "../../crypto/tick.ts";
import type { DataPaths } from "../data_folder.ts";
import { MAX_KEM_KEYS, readKeyFile, type ServerSecrets, writeKeyFile } from "./key_file.ts";

const DAY_MS = 24 * 60 * 60_000;
/** A record is replaced when it is so old. */
export const RECORD_RENEWAL_MS = 90 * DAY_MS;
/** A record is valid for so long. */
export const RECORD_VALIDITY_MS = 120 * DAY_MS;

/** Makes the secrets of a new server and writes them. Takes a second: RSA. */
export async function createServerSecrets(paths: DataPaths, now: number): Promise<ServerSecrets> {
  const [signing, kem] = await Promise.all([generateSigningKeyPair(), generateKemKeyPair()]);
  const record = await makeServerRecord({
    signer: await importSigner(signing.secret),
    kemPublicKey: kem.publicKey,
    seq: 1,
    notBefore: now,
    notAfter: now + RECORD_VALIDITY_MS,
  });
  const secrets = {
    signing: signing.secret,
    kem: [kem],
    opaqueSetup: createServerSetup(),
    databaseKey: randomBytes(32),
    record: record.bytes,
  };
  writeKeyFile(paths, secrets);
  return secrets;
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
  readonly #paths: DataPaths;
  readonly #clock: Clock;

  private constructor(
    secrets: ServerSecrets,
    kemKeys: readonly KemPrivateKey[],
    { paths, clock }: { paths: DataPaths; clock: Clock },
  ) {
    this.#secrets = secrets;
    this.#kemKeys = kemKeys;
    this.#record = parseServerRecord(secrets.record);
    this.#paths = paths;
    this.#clock = clock;
  }

  /** Reads the key file. Throws DataFolderError, or FormatError when keys do not fit together. */
  static async open(paths: DataPaths, clock: Clock): Promise<ServerKeys> {
    const secrets = readKeyFile(paths);
    return new ServerKeys(secrets, await importAll(secrets), { paths, clock });
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
    if (now < this.#record.notBefore + RECORD_RENEWAL_MS) return false;
    const kem = await generateKemKeyPair();
    const record = await makeServerRecord({
      signer: await importSigner(this.#secrets.signing),
      kemPublicKey: kem.publicKey,
      seq: this.#record.seq + 1,
      notBefore: now,
      notAfter: now + RECORD_VALIDITY_MS,
    });
    const keys = [kem, ...this.#secrets.kem].slice(0, MAX_KEM_KEYS);
    const secrets = { ...this.#secrets, kem: keys, record: record.bytes };
    const imported = await importAll(secrets);
    writeKeyFile(this.#paths, secrets);
    this.#secrets = secrets;
    this.#kemKeys = imported;
    this.#record = record;
    return true;
  }
}

function importAll(secrets: ServerSecrets): Promise<KemPrivateKey[]> {
  return Promise.all(secrets.kem.map((key) => importKemPrivateKey(key.secret, key.publicKey)));
}
