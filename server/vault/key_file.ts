/**
 * The server's secrets and the one file they are kept in, `server.key`.
 *
 * The file is strict CBOR, under a pass phrase if there is one (key_seal.ts). A map of
 *
 *     v          1
 *     signing    {ed25519Seed(32), mlDsaSeed(32)}: the root key, never replaced
 *     kem        the KEM keys, the current one first: {publicKey(1582), mlkemSeed(64), rsaPkcs8}
 *     opaque     setup of the OPAQUE server
 *     database   K_db (32): what the database is sealed under
 *     record     the signed server record that is current
 *
 * Bytes: docs/protocol.md, 14.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { type CborMap, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import { CborFields } from "../../crypto/cbor_fields.ts";
import { KEM_PUBLIC_BYTES, type KemSecret } from "../../crypto/composite_kem.ts";
import { DecryptionError, FormatError } from "../../crypto/errors.ts";
import { SERVER_RECORD_BYTES } from "../../crypto/server_record.ts";
import type { SigningSecret } from "../../crypto/sign.ts";
import { type DataPaths, readSecretFile, writeFileSafely } from "../data_folder.ts";
import { DataFolderError } from "../errors.ts";
import {
  isSealed,
  type KeySeal,
  openSealed,
  SEAL_OVERHEAD_BYTES,
  sealOf,
  sealSecrets,
} from "./key_seal.ts";

const FILE_VERSION = 1;
const MAX_RSA_PKCS8_BYTES = 4096;
const MAX_OPAQUE_SETUP_BYTES = 4096;
/** KEM keys kept: the current one, and the one before for clients that have not seen the change. */
export const MAX_KEM_KEYS = 2;

/** A KEM key pair as stored. */
export interface StoredKemKey {
  readonly publicKey: Bytes;
  readonly secret: KemSecret;
}

/** Everything that makes this server this server. */
export interface ServerSecrets {
  readonly signing: SigningSecret;
  /** The current one first. */
  readonly kem: readonly StoredKemKey[];
  readonly opaqueSetup: Bytes;
  readonly databaseKey: Bytes;
  readonly record: Bytes;
}

/** What is in a key file, and what it is sealed under; null: anybody who has the file reads it. */
export interface KeyFile {
  readonly secrets: ServerSecrets;
  readonly seal: KeySeal | null;
}

/** Whether the key file, which is there, needs a pass phrase. */
export function isKeyFileSealed(paths: DataPaths): boolean {
  return isSealed(readSecretFile(paths.keyFile));
}

/**
 * Reads the key file.
 *
 * @param passphrase Not looked at when the file is not sealed.
 * @throws {DataFolderError} when others can read the file, it is damaged, or the pass phrase is not
 *   the right one (`key_passphrase`).
 */
export async function readKeyFile(
  paths: DataPaths,
  passphrase: string | null = null,
): Promise<KeyFile> {
  const bytes = readWhole(paths);
  if (!isSealed(bytes)) return { secrets: decodeFile(paths, bytes), seal: null };
  if (passphrase === null) {
    throw new DataFolderError("key_passphrase", `${paths.keyFile} is sealed with a pass phrase.`, {
      hint: "Give it with --key-passphrase-file FILE, or run this at a terminal.",
    });
  }
  const seal = await sealOf(bytes, passphrase);
  return { secrets: unseal(paths, bytes, seal), seal };
}

/** Reads the key file again. Throws as `readKeyFile`, also when it was sealed anew since then. */
export function rereadKeyFile(paths: DataPaths, seal: KeySeal | null): ServerSecrets {
  const bytes = readWhole(paths);
  if (!isSealed(bytes)) return decodeFile(paths, bytes);
  if (seal === null) throw wrongPassphrase(paths);
  return unseal(paths, bytes, seal);
}

/** Writes the key file, readable for the owner only. */
export function writeKeyFile(
  paths: DataPaths,
  secrets: ServerSecrets,
  seal: KeySeal | null = null,
): void {
  const plaintext = encodeSecrets(secrets);
  writeFileSafely(paths.keyFile, seal === null ? plaintext : sealSecrets(plaintext, seal));
}

function readWhole(paths: DataPaths): Bytes {
  const bytes = readSecretFile(paths.keyFile);
  if (isSealed(bytes) && bytes.length <= SEAL_OVERHEAD_BYTES) throw damaged(paths);
  return bytes;
}

function unseal(paths: DataPaths, bytes: Bytes, seal: KeySeal): ServerSecrets {
  let plaintext: Bytes;
  try {
    plaintext = openSealed(bytes, seal);
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error;
    throw wrongPassphrase(paths);
  }
  return decodeFile(paths, plaintext);
}

function wrongPassphrase({ keyFile }: DataPaths): DataFolderError {
  return new DataFolderError("key_passphrase", `The pass phrase does not open ${keyFile}.`, {
    hint: "Check the pass phrase; if it is right, the file is damaged: restore it from a backup.",
  });
}

function decodeFile(paths: DataPaths, bytes: Bytes): ServerSecrets {
  try {
    return decodeSecrets(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // The reason stays out: it could quote what is in the file.
    throw damaged(paths);
  }
}

function damaged({ keyFile }: DataPaths): DataFolderError {
  return new DataFolderError("data_folder", `${keyFile} is damaged.`, {
    hint: "Restore it from a backup; without it the stored mail has no server.",
  });
}

function encodeSecrets(secrets: ServerSecrets): Bytes {
  const { ed25519Seed, mlDsaSeed } = secrets.signing;
  const kem = secrets.kem.map(({ publicKey, secret }): CborMap =>
    new Map([
      ["publicKey", publicKey],
      ["mlkemSeed", secret.mlkemSeed],
      ["rsaPkcs8", secret.rsaPkcs8],
    ])
  );
  const map: CborMap = new Map();
  map.set("v", FILE_VERSION);
  map.set("signing", new Map([["ed25519Seed", ed25519Seed], ["mlDsaSeed", mlDsaSeed]]));
  map.set("kem", kem);
  map.set("opaque", secrets.opaqueSetup);
  map.set("database", secrets.databaseKey);
  map.set("record", secrets.record);
  return encodeCbor(map);
}

function decodeSecrets(bytes: Bytes): ServerSecrets {
  const fields = new CborFields(decodeCbor(bytes, "key file"), "key file");
  fields.uint("v", FILE_VERSION);
  const signing = fields.fields("signing");
  const secrets: ServerSecrets = {
    signing: {
      ed25519Seed: signing.bytes("ed25519Seed", 32),
      mlDsaSeed: signing.bytes("mlDsaSeed", 32),
    },
    kem: fields.list("kem", MAX_KEM_KEYS, (key) => ({
      publicKey: key.bytes("publicKey", KEM_PUBLIC_BYTES),
      secret: {
        mlkemSeed: key.bytes("mlkemSeed", 64),
        rsaPkcs8: key.bytesUpTo("rsaPkcs8", MAX_RSA_PKCS8_BYTES),
      },
    })),
    opaqueSetup: fields.bytesUpTo("opaque", MAX_OPAQUE_SETUP_BYTES),
    databaseKey: fields.bytes("database", 32),
    record: fields.bytes("record", SERVER_RECORD_BYTES),
  };
  signing.end();
  fields.end();
  if (secrets.kem.length === 0) throw new FormatError("The key file has no KEM key.");
  return secrets;
}
