/**
 * The server's secrets and the one file they are kept in, `server.key`.
 *
 * The file is strict CBOR: a map of
 *
 *     v          1
 *     signing    {ed25519Seed(32), mlDsaSeed(32)}: the root key, never replaced
 *     kem        the KEM keys, the current one first: {publicKey(1582), mlkemSeed(64), rsaPkcs8}
 *     opaque     setup of the OPAQUE server
 *     database   K_db (32): what the database is sealed under
 *     record     the signed server record that is current
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { type CborMap, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import { CborFields } from "../../crypto/cbor_fields.ts";
import { KEM_PUBLIC_BYTES, type KemSecret } from "../../crypto/composite_kem.ts";
import { FormatError } from "../../crypto/errors.ts";
import { SERVER_RECORD_BYTES } from "../../crypto/server_record.ts";
import type { SigningSecret } from "../../crypto/sign.ts";
import { type DataPaths, readSecretFile, writeFileSafely } from "../data_folder.ts";
import { DataFolderError } from "../errors.ts";

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

/**
 * Reads the key file.
 *
 * @throws {DataFolderError} when others can read it, or it is damaged.
 */
export function readKeyFile(paths: DataPaths): ServerSecrets {
  const bytes = readSecretFile(paths.keyFile);
  try {
    return decodeSecrets(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // The reason stays out: it could quote what is in the file.
    throw new DataFolderError("data_folder", `${paths.keyFile} is damaged.`, {
      hint: "Restore it from a backup; without it the stored mail has no server.",
    });
  }
}

/** Writes the key file, readable for the owner only. */
export function writeKeyFile(paths: DataPaths, secrets: ServerSecrets): void {
  writeFileSafely(paths.keyFile, encodeSecrets(secrets));
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
