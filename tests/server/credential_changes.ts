/** Changes of credentials as a client makes and signs them, on a port of a rigged vault. */

import { type Bytes, concat, utf8 } from "../../crypto/bytes.ts";
import { signedCredentials } from "../../crypto/credentials.ts";
import { type IdentityRecord, parseIdentity } from "../../crypto/identity.ts";
import { newBundleKey, sealBundle, wrapSlotP } from "../../crypto/key_bundle.ts";
import { finishRegistration, startRegistration } from "../../crypto/password_client.ts";
import { generateSigningKeyPair, importSigner, type Signer } from "../../crypto/sign.ts";
import {
  changeCredentials,
  type ChangeCredentialsReply,
  type ChangeCredentialsRequest,
} from "../../protocol/messages/change_credentials.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import { passwordStart } from "../../protocol/messages/password_start.ts";
import type { ErrorCode } from "../../protocol/error_codes.ts";
import { testKeys } from "./test_client.ts";
import type { RiggedPort } from "./vault_rig.ts";

/** What a change is to be; what is not given stays as it is. */
export interface Wish {
  /** Of the new bundle: the stored one's + 1, else the server refuses. */
  readonly version: number;
  readonly record?: Bytes;
  readonly recoveryHash?: Bytes;
  readonly identity?: Bytes;
  /** The one that all test users share unless given. */
  readonly signer?: Signer;
}

/** A bundle that nobody has to open again, of this version. */
export async function testBundle(
  owner: { realm: Bytes; user: string },
  version: number,
): Promise<Bytes> {
  const { kem, signing } = await testKeys();
  const bundleKey = newBundleKey();
  const slots = [wrapSlotP(owner, bundleKey, { exportKey: new Uint8Array(64) })];
  const keys = { publicKey: kem.publicKey, ...kem.secret };
  const bundle = { kem: keys, signing: signing.secret, earlierKem: [], devices: [] };
  return sealBundle({ ...owner, bundle, bundleKey, version, slots });
}

/** A request for the change, signed. */
export async function signedChange(
  owner: { realm: Bytes; user: string },
  { version, signer, ...given }: Wish,
): Promise<ChangeCredentialsRequest> {
  const bundle = await testBundle(owner, version);
  const change = { record: null, recoveryHash: null, identity: null, ...given, bundle };
  const message = signedCredentials({ user: owner.user, version, ...change });
  const signature = await (signer ?? (await testKeys()).signer).sign("credentials", message);
  return { ...change, signature };
}

/** Asks for the change. */
export async function change(
  port: RiggedPort,
  owner: { realm: Bytes; user: string },
  wish: Wish,
): Promise<ChangeCredentialsReply | ErrorCode> {
  return await port.request(changeCredentials, await signedChange(owner, wish));
}

/** The OPAQUE record of a new password, made with the server's help. */
export async function newRecord(
  port: RiggedPort,
  owner: { realm: Bytes; user: string; password: string },
): Promise<Bytes> {
  const { request, ...state } = startRegistration(owner);
  const started = await port.request(passwordStart, { request });
  if (typeof started === "string") throw new Error(started);
  return finishRegistration(owner, state, started.response).record;
}

/** The identity records of a user as the directory has them, oldest first. */
export async function identitiesOf(port: RiggedPort, user: string): Promise<IdentityRecord[]> {
  const found = await port.request(lookup, { users: [user] });
  if (typeof found === "string") throw new Error(found);
  return found.results[0]!.identities.map(parseIdentity);
}

/** A signing key of one's own. */
export async function freshSigner(): Promise<Signer> {
  return await importSigner((await generateSigningKeyPair()).secret);
}

/** The same bytes with one bit changed. */
export function flipped(bytes: Bytes, at = bytes.length - 1): Bytes {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}

/** Any bytes of this length. */
export function filler(length: number): Bytes {
  return concat(utf8("x".repeat(length)));
}
