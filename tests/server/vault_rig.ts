/**
 * A real vault in this process, and connections to it as a session worker has them: with a port on
 * which a test may say whatever it likes, before and after an honest login.
 */

import { decapsulate } from "../../crypto/composite_kem.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import { finishLogin, startLogin } from "../../crypto/password_client.ts";
import { parseServerRecord } from "../../crypto/server_record.ts";
import { ClientLink } from "../../protocol/client_link.ts";
import type { ErrorCode } from "../../protocol/error_codes.ts";
import type { ReplyOf, RequestOf } from "../../protocol/messages/message.ts";
import type { Schema } from "../../protocol/schema.ts";
import { ServerSession } from "../../protocol/server_session.ts";
import type { RequestResult } from "../../protocol/vault_port.ts";
import { inviteUser } from "../../server/admin/invites.ts";
import { withOffice } from "../../server/admin/office.ts";
import { systemClock } from "../../server/clock.ts";
import { dataPaths, prepareDataFolder } from "../../server/data_folder.ts";
import { hostPort } from "../../server/address.ts";
import { createLog } from "../../server/log.ts";
import { rereadKeyFile } from "../../server/vault/key_file.ts";
import { connectVault } from "../../server/vault_client.ts";
import { Vault, type VaultSettings } from "../../server/vault/vault.ts";
import { registrationSteps, testKeys } from "./test_client.ts";
import { makeDataFolder } from "./data.ts";

/** What the vault said on a port. */
export type Said = Record<string, unknown>;

/** A connection that has a port to the vault. */
export class RiggedPort {
  readonly said: Said[] = [];
  readonly users: string[] = [];
  ended: string | null = null;
  #heard: (() => void)[] = [];
  #lastId = 1_000_000;

  /** @param leave Tells the vault that the connection is gone. */
  constructor(readonly port: MessagePort, readonly leave: () => void) {}

  /** Listens to the port itself, in place of the session. */
  takeOver(): void {
    this.port.onmessage = ({ data }) => this.hear(data);
  }

  hear(message: Said): void {
    this.said.push(message);
    for (const resolve of this.#heard.splice(0)) resolve();
  }

  onEnd(reason: string): void {
    this.ended = reason;
    for (const resolve of this.#heard.splice(0)) resolve();
  }

  /** Posts a call and gives the vault's answer to it. */
  async call(call: unknown, args: unknown): Promise<Said> {
    const id = ++this.#lastId;
    this.port.postMessage({ id, call, args });
    for (;;) {
      const answer = this.said.find((message) => message.id === id);
      if (answer !== undefined) return answer;
      await this.change();
    }
  }

  /** A request of the user who is logged in: the body of the reply, or the error code. */
  async request<M extends { type: string; request: Schema<unknown>; reply: Schema<unknown> }>(
    { type }: M,
    body: RequestOf<M>,
  ): Promise<ReplyOf<M> | ErrorCode> {
    const { result } = await this.call("request", { type, body }) as { result?: RequestResult };
    if (result === undefined) throw new Error(`${type}: the vault does not answer`);
    return "body" in result ? result.body as ReplyOf<M> : result.error;
  }

  /** Resolves when the vault says something, or ends the port. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#heard.push(resolve));
  }
}

/** A login that is not quite the usual one. */
export interface LoginOptions {
  readonly password?: string;
  readonly ticket?: Bytes | null;
  /** Is given the key bundle as the server sends it. */
  readonly onBundle?: (bundle: Bytes) => void;
}

export class VaultRig {
  #lastId = 0;

  private constructor(readonly vault: Vault, readonly data: string) {}

  static async open(
    settings: Partial<VaultSettings> = {},
    clock = systemClock,
  ): Promise<VaultRig> {
    const data = settings.data ?? await makeDataFolder();
    prepareDataFolder(dataPaths(data));
    const log = createLog({ format: "json", write: () => {}, now: () => 0 });
    const { vault } = await Vault.open({
      data,
      maxSessions: 5,
      maxSessionsPerUser: 3,
      maxMessageBytes: 32 * 1024 * 1024,
      keyPassphrase: null,
      ...settings,
    }, { clock, log });
    return new VaultRig(vault, data);
  }

  /** A port as a session worker gets it; the test speaks on it. */
  connect(): RiggedPort {
    const { port1, port2 } = new MessageChannel();
    const id = ++this.#lastId;
    const rigged = new RiggedPort(port2, () => {
      port2.close();
      this.vault.disconnect(id);
    });
    this.vault.connect(id, port1, {
      onUser: (_, user) => rigged.users.push(user),
      onEnd: (reason) => rigged.onEnd(reason),
    });
    rigged.takeOver();
    return rigged;
  }

  /** Makes an account that waits for its registration. Returns the invite line. */
  async invite(user: string): Promise<string> {
    const { invite } = await withOffice(
      this.data,
      (office) => inviteUser(office, user, { now: Date.now(), address: hostPort("127.0.0.1", 1) }),
    );
    return invite;
  }

  /** Makes an account that has a login. */
  async register(user: string): Promise<void> {
    const invite = await this.invite(user);
    const rigged = this.connect();
    const { link } = this.#session(rigged);
    const record = parseServerRecord(await link.serverRecord());
    const steps = await registrationSteps(record.realm, invite, {
      password: passwordOf(user),
    });
    await link.register({ record: record.bytes, kemPublicKey: record.kemKey }, steps);
    rigged.port.close();
  }

  /**
   * Logs in honestly and hands the port over to the test: a session worker that is taken over.
   * `beforeProof` is called when only the proof of the user's key is missing.
   */
  async login(
    user: string,
    beforeProof: () => void | Promise<void> = () => {},
    { password = passwordOf(user), ticket = null, onBundle = () => {} }: LoginOptions = {},
  ): Promise<RiggedPort> {
    const { kemPrivate } = await testKeys();
    const rigged = this.connect();
    const { link } = this.#session(rigged);
    const record = parseServerRecord(await link.serverRecord());
    const owner = { realm: record.realm, user, password };
    const { ke1, ...state } = startLogin(owner);
    await link.login({ record: record.bytes, kemPublicKey: record.kemKey }, {
      user,
      ke1,
      ticket,
      finish: (ke2) => finishLogin(owner, state, ke2) ?? wrongPassword(),
      unlock: ({ bundle }) => async (ciphertext) => {
        onBundle(bundle);
        await beforeProof();
        return await decapsulate(kemPrivate, ciphertext);
      },
    });
    rigged.takeOver();
    return rigged;
  }

  /** A port that waits for the name of who wants to log in, register or recover. */
  async keyed(): Promise<RiggedPort> {
    await testKeys();
    const rigged = this.connect();
    await rigged.call("decapsulate", {
      keyId: new Uint8Array(8),
      ciphertext: new Uint8Array(1472),
    });
    return rigged;
  }

  /** Goes as far as the password does: the port waits for the proof of the user's key. */
  async passwordOnly(
    user: string,
    { password = passwordOf(user), beforeKe3 = () => Promise.resolve() } = {},
  ): Promise<RiggedPort> {
    const rigged = await this.keyed();
    const owner = { realm: this.realm, user, password };
    const { ke1, ...state } = startLogin(owner);
    const started = await rigged.call("loginStart", { user, ke1, ticket: null });
    const { ke2 } = started.result as { ke2: Bytes };
    const { ke3 } = finishLogin(owner, state, ke2)!;
    await beforeKe3();
    const finished = await rigged.call("loginFinish", { ke3 });
    if (!("result" in finished)) throw new Error("the password was not taken");
    return rigged;
  }

  /** 32 bytes. */
  get realm(): Bytes {
    return parseServerRecord(rereadKeyFile(dataPaths(this.data), null).record).realm;
  }

  async close(): Promise<void> {
    await this.vault.close();
    await Deno.remove(this.data, { recursive: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #session(rigged: RiggedPort): { link: ClientLink } {
    const vault = connectVault(rigged.port, { onEvent: () => {}, onClose: () => {} });
    const session = new ServerSession({
      vault,
      now: () => Date.now(),
      limits: { maxBodyBytes: 1, maxMessageBytes: 1, maxRecipients: 1, idleSeconds: 1 },
      onBytes: (bytes: Bytes) => void link.push(bytes),
      onClose: () => link.end(),
    });
    const link = new ClientLink({
      clock: systemClock,
      write: (bytes) => void session.push(bytes),
    });
    return { link };
  }
}

function wrongPassword(): never {
  throw new Error("wrong password");
}

/** The password of a test user. */
export function passwordOf(user: string): string {
  return `the password of ${user}`;
}
