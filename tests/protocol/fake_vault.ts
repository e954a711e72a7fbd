/**
 * A vault with real KEM keys, real recovery codes and key bundles, and a make-believe password
 * protocol, and what a client needs for it.
 */
import { type Bytes, equalBytes, randomBytes } from "../../crypto/bytes.ts";
import type { KeyBundle } from "../../crypto/bundle_keys.ts";
import {
  decapsulate,
  encapsulate,
  generateKemKeyPair,
  importKemPrivateKey,
  importKemPublicKey,
  type KemPrivateKey,
} from "../../crypto/composite_kem.ts";
import { confirmLogin } from "../../crypto/handshake_confirm.ts";
import { signedCredentials } from "../../crypto/credentials.ts";
import {
  bundleVersionOf,
  newBundleKey,
  openBundleWithRecovery,
  sealBundle,
  wrapSlotP,
  wrapSlotR,
} from "../../crypto/key_bundle.ts";
import { newRecoveryCode, recoveryAuth, recoveryAuthHash } from "../../crypto/recovery_code.ts";
import { generateSigningKeyPair, importSigner, verifySignature } from "../../crypto/sign.ts";
import { SERVER_RECORD_BYTES } from "../../crypto/server_record.ts";
import type { KnownServer, LoginSteps, RecoverySteps } from "../../protocol/client_steps.ts";
import type { ErrorCode } from "../../protocol/error_codes.ts";
import type { LogReceipt } from "../../protocol/messages/fields.ts";
import type { InviteRefusal, Registration } from "../../protocol/messages/registration.ts";
import type {
  CallArgs,
  CallResult,
  HandshakeCall,
  RequestResult,
  VaultPort,
} from "../../protocol/vault_port.ts";

interface Party {
  publicKey: Bytes;
  key: KemPrivateKey;
}

async function party(): Promise<Party> {
  const { publicKey, secret } = await generateKemKeyPair();
  return { publicKey, key: await importKemPrivateKey(secret, publicKey) };
}

const [server, user] = await Promise.all([party(), party()]);
const record = randomBytes(SERVER_RECORD_BYTES);
const sessionKey = randomBytes(64);

/** What the client of a {@link FakeVault} knows about its server. */
export const knownServer: KnownServer = { record, kemPublicKey: server.publicKey };

export function loginSteps(): LoginSteps {
  return {
    user: "alice",
    ke1: randomBytes(96),
    ticket: null,
    finish: () => ({ ke3: randomBytes(64), sessionKey: sessionKey.slice() }),
    unlock: () => (ciphertext) => decapsulate(user.key, ciphertext),
  };
}

export const someRegistration: Registration = {
  record: randomBytes(192),
  identity: randomBytes(10_000),
  bundle: randomBytes(3000),
  state: randomBytes(1100),
  recoveryHash: randomBytes(32),
};

export const someReceipt: LogReceipt = { index: 41, head: "mailsec/realm\n42\nroot\n" };
/** The user's recovery code, and a bundle that it opens. */
export const recoveryCode = newRecoveryCode();
const { publicKey: signingKey, secret: signing } = await generateSigningKeyPair();
export const recoverableOwner = { realm: randomBytes(32), user: "alice" };
const keys: KeyBundle = {
  kem: { publicKey: user.publicKey, mlkemSeed: randomBytes(64), rsaPkcs8: randomBytes(1794) },
  signing,
  earlierKem: [],
  devices: [],
};

function recoverableBundle(): Bytes {
  const bundleKey = newBundleKey();
  const slots = [
    wrapSlotP(recoverableOwner, bundleKey, { exportKey: randomBytes(64) }),
    wrapSlotR(recoverableOwner, bundleKey, recoveryCode),
  ];
  return sealBundle({ ...recoverableOwner, bundle: keys, bundleKey, version: 7, slots });
}

/**
 * What a client does with a recovery code.
 *
 * @param exportKey Of the new password, 64 bytes.
 */
export function recoverySteps(code: Bytes, exportKey = randomBytes(64)): RecoverySteps {
  const { user } = recoverableOwner;
  return {
    user,
    auth: recoveryAuth(code),
    request: randomBytes(32),
    async finish({ bundle: sealed }) {
      const opened = openBundleWithRecovery({ ...recoverableOwner, sealed, code });
      const slots = [
        wrapSlotP(recoverableOwner, opened.bundleKey, { exportKey }),
        wrapSlotR(recoverableOwner, opened.bundleKey, code),
      ];
      const version = opened.version + 1;
      const bundle = sealBundle({ ...recoverableOwner, ...opened, version, slots });
      const record = randomBytes(192);
      const signer = await importSigner(opened.bundle.signing);
      const change = { user, version, record, recoveryHash: null, identity: null, bundle };
      const signature = await signer.sign("credentials", signedCredentials(change));
      return { record, bundle, signature };
    },
  };
}

/** Answers every call as a good vault would, and remembers which came; tests replace methods. */
export class FakeVault implements VaultPort {
  readonly calls: (HandshakeCall | "request")[] = [];
  refused: ErrorCode | null = null;
  inviteRefused: InviteRefusal | null = null;
  /** What a registration is answered with. */
  grant: Bytes | null = null;
  registered: Registration | null = null;
  /** Of the last login that was begun. */
  ticket: Bytes | null = null;
  /** What opens the account. */
  bundle = recoverableBundle();
  record: Bytes | null = null;
  #userSecret: Bytes = new Uint8Array(0);

  serverRecord(_: CallArgs<"serverRecord">): Promise<CallResult<"serverRecord">> {
    this.calls.push("serverRecord");
    return Promise.resolve({ record });
  }

  async decapsulate(
    { ciphertext }: CallArgs<"decapsulate">,
  ): Promise<CallResult<"decapsulate">> {
    this.calls.push("decapsulate");
    return { sharedSecret: await decapsulate(server.key, ciphertext) };
  }

  loginStart({ ticket }: CallArgs<"loginStart">): Promise<CallResult<"loginStart">> {
    this.calls.push("loginStart");
    this.ticket = ticket;
    return Promise.resolve({ ke2: randomBytes(320) });
  }

  async loginFinish(_: CallArgs<"loginFinish">): Promise<CallResult<"loginFinish">> {
    this.calls.push("loginFinish");
    const { ciphertext, sharedSecret } = await encapsulate(
      await importKemPublicKey(user.publicKey),
    );
    this.#userSecret = sharedSecret;
    return {
      sessionKey: sessionKey.slice(),
      kemPublicKey: user.publicKey,
      kemCiphertext: ciphertext,
      bundle: randomBytes(2600),
    };
  }

  async loginConfirm(args: CallArgs<"loginConfirm">): Promise<CallResult<"loginConfirm">> {
    this.calls.push("loginConfirm");
    const confirmed = await confirmLogin({ ...args, userSecret: this.#userSecret });
    if (!confirmed.ok) throw new Error("no proof");
    return { state: confirmed.state, user: "alice", refused: this.refused };
  }

  registerStart(_: CallArgs<"registerStart">): Promise<CallResult<"registerStart">> {
    this.calls.push("registerStart");
    return Promise.resolve({ response: randomBytes(64), grant: this.grant });
  }

  registerFinish(args: CallArgs<"registerFinish">): Promise<CallResult<"registerFinish">> {
    this.calls.push("registerFinish");
    this.registered = args;
    const refused = this.inviteRefused;
    return Promise.resolve({ refused, receipt: refused === null ? someReceipt : null });
  }

  recoverStart(
    { user, auth }: CallArgs<"recoverStart">,
  ): Promise<CallResult<"recoverStart">> {
    this.calls.push("recoverStart");
    const known = recoveryAuthHash(recoveryAuth(recoveryCode));
    const right = user === recoverableOwner.user && equalBytes(recoveryAuthHash(auth), known);
    return Promise.resolve({ response: randomBytes(64), bundle: right ? this.bundle : null });
  }

  async recoverFinish(
    { record, bundle, signature }: CallArgs<"recoverFinish">,
  ): Promise<CallResult<"recoverFinish">> {
    this.calls.push("recoverFinish");
    const { user } = recoverableOwner;
    const version = bundleVersionOf(bundle);
    const change = { user, version, record, recoveryHash: null, identity: null, bundle };
    const message = signedCredentials(change);
    const accepted = version === bundleVersionOf(this.bundle) + 1 &&
      await verifySignature(signingKey, { purpose: "credentials", message, signature });
    if (accepted) {
      this.record = record;
      this.bundle = bundle;
    }
    return { accepted };
  }

  request({ type }: { type: string; body: unknown }): Promise<RequestResult> {
    this.calls.push("request");
    return Promise.resolve(type === "ping" ? { body: { time: 7 } } : notFound);
  }
}

const notFound: RequestResult = { error: "not_found", names: [] };
