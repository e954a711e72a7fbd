import { randomBytes } from "../../crypto/bytes.ts";
import { createServerSetup } from "../../crypto/password_server.ts";
import { makeServerRecord } from "../../crypto/server_record.ts";
import { generateSigningKeyPair, importSigner } from "../../crypto/sign.ts";
import { dataPaths } from "../../server/data_folder.ts";
import { writeKeyFile } from "../../server/vault/key_file.ts";
import { RECORD_VALIDITY_MS } from "../../server/vault/server_keys.ts";
import { testKeys } from "./test_client.ts";

/**
 * A data folder of a server that was set up before: with keys of its own, except for the KEM key,
 * which all servers of a test run share since RSA keys are slow to make.
 */
export async function makeDataFolder({ recordAgeMs = 0 } = {}): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "mailsec-" });
  const [{ kem }, signing] = await Promise.all([testKeys(), generateSigningKeyPair()]);
  const notBefore = Date.now() - recordAgeMs;
  const record = await makeServerRecord({
    signer: await importSigner(signing.secret),
    kemPublicKey: kem.publicKey,
    seq: 1,
    notBefore,
    notAfter: notBefore + RECORD_VALIDITY_MS,
  });
  writeKeyFile(dataPaths(folder), {
    signing: signing.secret,
    kem: [kem],
    opaqueSetup: createServerSetup(),
    databaseKey: randomBytes(32),
    record: record.bytes,
  });
  return folder;
}
