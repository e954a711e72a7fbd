/**
 * A scripted client: the protocol's own client end on a plain socket, with keys that are made once
 * for all users of a test run (a server cannot tell, and RSA keys are slow to make).
 */

import {
  EMPTY_ACCOUNT_STATE,
  FIRST_STATE_REVISION,
  sealState,
} from "../../crypto/account_state.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import {
  decapsulate,
  generateKemKeyPair,
  importKemPrivateKey,
  importKemPublicKey,
} from "../../crypto/composite_kem.ts";
import { type SealedMail, sealMail } from "../../crypto/envelope_seal.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import {
  type IdentityRecord,
  makeFirstIdentity,
  makeResetIdentity,
} from "../../crypto/identity.ts";
import { inviteToken, parseInvite } from "../../crypto/invite.ts";
import { parseInviteGrant } from "../../crypto/invite_grant.ts";
import { newBundleKey, sealBundle, wrapSlotP } from "../../crypto/key_bundle.ts";
import { startLogin, startRegistration } from "../../crypto/password_client.ts";
import { finishLogin, finishRegistration } from "../../crypto/password_client.ts";
import { passwordReady } from "../../crypto/password_identifiers.ts";
import { newRecoveryCode, recoveryAuth, recoveryAuthHash } from "../../crypto/recovery_code.ts";
import { parseServerRecord, type ServerRecord } from "../../crypto/server_record.ts";
import { generateSigningKeyPair, importSigner, type Signer } from "../../crypto/sign.ts";
import { ClientLink } from "../../protocol/client_link.ts";
import type { RegistrationSteps } from "../../protocol/client_steps.ts";
import type { ClientSession } from "../../protocol/client_session.ts";
import type { ServerEvent } from "../../protocol/messages/events.ts";
import { send } from "../../protocol/messages/send.ts";
import { systemClock } from "../../server/clock.ts";

let sharedKeys: ReturnType<typeof makeKeys> | undefined;

/** The keys that all test users share. */
export function testKeys(): ReturnType<typeof makeKeys> {
  return sharedKeys ??= makeKeys();
}

async function makeKeys() {
  const [kem, signing] = await Promise.all([
    generateKemKeyPair(),
    generateSigningKeyPair(),
    passwordReady(),
  ]);
  return {
    kem,
    signing,
    signer: await importSigner(signing.secret),
    kemPrivate: await importKemPrivateKey(kem.secret, kem.publicKey),
    kemPublic: await importKemPublicKey(kem.publicKey),
  };
}

/** A socket with the protocol's client end on it. */
export class Wire {
  readonly link: ClientLink;
  /** Resolves when the server has closed its side. */
  readonly ended: Promise<void>;
  readonly #socket: Deno.TcpConn;

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
    this.link = new ClientLink({ clock: systemClock, write: (bytes) => this.write(bytes) });
    this.ended = this.#pump();
  }

  static async open(port: number): Promise<Wire> {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port });
    socket.setNoDelay(true);
    return new Wire(socket);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
  }

  close(): void {
    this.link.end();
    try {
      this.#socket.close();
    } catch {
      // Closed already.
    }
  }

  async #pump(): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const length = await this.#socket.read(buffer);
        if (length === null) break;
        // Not awaited: the end of the connection is noticed by those too who wait for no frame.
        void this.link.push(buffer.slice(0, length));
      }
    } catch {
      // The socket was closed on this side, or reset by the other.
    }
    this.close();
  }
}

/** A user who is logged in. */
export class TestClient {
  readonly events: ServerEvent[] = [];
  #onEvent: (() => void)[] = [];

  constructor(
    readonly user: string,
    readonly wire: Wire,
    public session: ClientSession,
    readonly realm: Bytes,
  ) {}

  tell(event: ServerEvent): void {
    this.events.push(event);
    for (const resolve of this.#onEvent.splice(0)) resolve();
  }

  /** Resolves when so many events have come in all. */
  async eventCount(count: number): Promise<void> {
    while (this.events.length < count) {
      await new Promise<void>((resolve) => this.#onEvent.push(resolve));
    }
  }

  /** Seals a mail to these users, who all have the keys of the test run. */
  async seal(to: readonly string[], options: SealOptions = {}): Promise<SealedMail> {
    return await sealTestMail({ from: this.user, realm: this.realm, to, ...options });
  }

  /** Sends a sealed mail in one piece. */
  async send({ messageId, header, summary, content }: SealedMail): Promise<number> {
    const request = { messageId, header, summary, content, ownEntry: null };
    const { arrived } = await this.session.request(send, request);
    return arrived;
  }

  async close(): Promise<void> {
    await this.session.close();
    this.wire.close();
    await this.wire.ended;
  }
}

export interface SealOptions {
  readonly from?: string;
  readonly mime?: Bytes;
  readonly subject?: string;
  /** File names of attachments. */
  readonly attachments?: readonly string[];
}

/** Seals a mail in anybody's name: all test users have the same keys. */
export async function sealTestMail(
  { from, realm, to, ...options }: SealOptions & {
    from: string;
    realm: Bytes;
    to: readonly string[];
  },
): Promise<SealedMail> {
  const { mime, subject = "hello", attachments = [] } = options;
  const { signer, kemPublic } = await testKeys();
  const fingerprint = fingerprintOf(signer.publicKey);
  const named = to.map((user) => ({ user, fingerprint, kem: kemPublic }));
  const copy = to.includes(from)
    ? []
    : [{ user: from, fingerprint, kem: kemPublic, copy: true as const }];
  return await sealMail({
    signer,
    from,
    realm,
    recipients: [...named, ...copy],
    cc: [],
    counter: new Map(to.map((user) => [user, 1])),
    log: { size: 0, root: new Uint8Array(32) },
    mime: mime ?? new TextEncoder().encode("Subject: hello\r\n\r\nhello\r\n"),
    date: Date.now(),
    subject,
    preview: subject,
    inReplyTo: null,
    references: [],
    attachments: attachments.map((name) => ({ name, type: "text/plain", size: 1 })),
    size: 5,
  });
}

/** What a registration is made with beside the invite. */
export interface RegisterOptions {
  readonly password: string;
  /** The signing key of the new user; the one that all share unless given. */
  readonly signer?: Signer;
  /** Makes the identity, in place of an honest one. */
  readonly identity?: (honest: IdentityRecord) => Promise<IdentityRecord>;
}

/** Registers with an invite. Returns how the server answered. */
export async function register(
  port: number,
  inviteLine: string,
  options: string | RegisterOptions,
) {
  const wire = await Wire.open(port);
  try {
    const record = parseServerRecord(await wire.link.serverRecord());
    const steps = await registrationSteps(
      record.realm,
      inviteLine,
      typeof options === "string" ? { password: options } : options,
    );
    return await wire.link.register(known(record), steps);
  } finally {
    wire.close();
    await wire.ended;
  }
}

/** What a client does to register. */
export async function registrationSteps(
  realm: Bytes,
  inviteLine: string,
  { password, ...options }: RegisterOptions,
): Promise<RegistrationSteps> {
  const { kem, signing, signer: shared } = await testKeys();
  const { user, secret } = parseInvite(inviteLine);
  const owner = { realm, user, password };
  const { request, ...state } = startRegistration(owner);
  return {
    user,
    token: inviteToken(secret),
    request,
    async finish({ response, grant }) {
      const finished = finishRegistration(owner, state, response);
      const bundleKey = newBundleKey();
      const bundle = {
        kem: { publicKey: kem.publicKey, ...kem.secret },
        signing: signing.secret,
        earlierKem: [],
        devices: [],
      };
      const keys = {
        ...{ user, kemPublicKey: kem.publicKey, signer: options.signer ?? shared },
        ...{ time: Date.now(), inviteSecret: secret },
      };
      const honest = grant === null
        ? await makeFirstIdentity(keys)
        : await makeResetIdentity({ ...keys, grant: parseInviteGrant(grant) });
      const identity = await options.identity?.(honest) ?? honest;
      const slots = [wrapSlotP(owner, bundleKey, finished)];
      return {
        record: finished.record,
        identity: identity.bytes,
        bundle: sealBundle({ ...owner, bundle, bundleKey, version: 1, slots }),
        state: sealState(
          bundleKey,
          { ...owner, revision: FIRST_STATE_REVISION },
          EMPTY_ACCOUNT_STATE,
        ),
        recoveryHash: recoveryAuthHash(recoveryAuth(newRecoveryCode())),
      };
    },
  };
}

/** Logs in. Rejects as ClientLink does; with "wrong password" when OPAQUE says so. */
export async function login(
  port: number,
  user: string,
  secret: string | { readonly password: string; readonly ticket: Bytes },
): Promise<TestClient> {
  const { kemPrivate } = await testKeys();
  const { password, ticket } = typeof secret === "string"
    ? { password: secret, ticket: null }
    : secret;
  const wire = await Wire.open(port);
  try {
    const record = parseServerRecord(await wire.link.serverRecord());
    const owner = { realm: record.realm, user, password };
    const { ke1, ...state } = startLogin(owner);
    const early: ServerEvent[] = [];
    let onEvent = (event: ServerEvent): void => void early.push(event);
    const { session } = await wire.link.login(known(record), {
      user,
      ke1,
      ticket,
      finish(ke2) {
        const finished = finishLogin(owner, state, ke2);
        if (finished === null) throw new Error("wrong password");
        return finished;
      },
      unlock: () => (ciphertext) => decapsulate(kemPrivate, ciphertext),
    }, { onEvent: (event) => onEvent(event) });
    const client = new TestClient(user, wire, session, record.realm);
    onEvent = (event) => client.tell(event);
    for (const event of early) client.tell(event);
    return client;
  } catch (error) {
    wire.close();
    await wire.ended;
    throw error;
  }
}

/** Invites, registers and logs in. */
export async function join(
  server: { port: number; invite(name: string): Promise<string> },
  user: string,
  options: string | RegisterOptions = `the password of ${user}`,
): Promise<TestClient> {
  const result = await register(server.port, await server.invite(user), options);
  if (!result.accepted) throw new Error(`registration refused: ${result.code}`);
  return await login(server.port, user, typeof options === "string" ? options : options.password);
}

function known(record: ServerRecord) {
  return { record: record.bytes, kemPublicKey: record.kemKey };
}
