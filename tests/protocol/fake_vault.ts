/** A vault with real KEM keys and a make-believe password protocol, and what a client needs for it. */
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import {
  decapsulate,
  encapsulate,
  generateKemKeyPair,
  importKemPrivateKey,
  importKemPublicKey,
  type KemPrivateKey,
} from "../../crypto/composite_kem.ts";
import { confirmLogin } from "../../crypto/handshake_confirm.ts";
import { SERVER_RECORD_BYTES } from "../../crypto/server_record.ts";
import type { KnownServer, LoginSteps } from "../../protocol/client_link.ts";
import type { ErrorCode } from "../../protocol/error_codes.ts";
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
    finish: () => ({ ke3: randomBytes(64), sessionKey: sessionKey.slice() }),
    unlock: () => (ciphertext) => decapsulate(user.key, ciphertext),
  };
}

export const someRegistration: Registration = {
  record: randomBytes(192),
  identity: randomBytes(10_000),
  bundle: randomBytes(3000),
  state: randomBytes(1100),
};

/** Answers every call as a good vault would, and remembers which came; tests replace methods. */
export class FakeVault implements VaultPort {
  readonly calls: (HandshakeCall | "request")[] = [];
  refused: ErrorCode | null = null;
  inviteRefused: InviteRefusal | null = null;
  registered: Registration | null = null;
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

  loginStart(_: CallArgs<"loginStart">): Promise<CallResult<"loginStart">> {
    this.calls.push("loginStart");
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
    return Promise.resolve({ response: randomBytes(64) });
  }

  registerFinish(args: CallArgs<"registerFinish">): Promise<CallResult<"registerFinish">> {
    this.calls.push("registerFinish");
    this.registered = args;
    return Promise.resolve({ refused: this.inviteRefused });
  }

  request({ type }: { type: string; body: unknown }): Promise<RequestResult> {
    this.calls.push("request");
    return Promise.resolve(type === "ping" ? { body: { time: 7 } } : notFound);
  }
}

const notFound: RequestResult = { error: "not_found", names: [] };
