/**
 * A server in this process that lies. Behind it is a real vault; between the vault and the client,
 * which comes over TCP like any other, every answer can be changed: the record, the key bundle, the
 * limits, each reply, and the very bytes of a reply. It has the real server's keys, so it can sign
 * whatever it likes.
 */

import { inviteUser } from "../../server/admin/invites.ts";
import { type AdminOffice, withOffice } from "../../server/admin/office.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import type { ServerHello } from "../../crypto/handshake_layout.ts";
import { RecordOpener } from "../../crypto/record_opener.ts";
import { RecordSealer } from "../../crypto/record_sealer.ts";
import { importSigner, type Signer } from "../../crypto/sign.ts";
import type { TrafficSecrets } from "../../crypto/transcript.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { FrameChannel } from "../../protocol/frame_channel.ts";
import type { ReplyOf, RequestOf } from "../../protocol/messages/message.ts";
import type { ServerEvent } from "../../protocol/messages/events.ts";
import type { MESSAGES, RequestType } from "../../protocol/registry.ts";
import { serverHandshake } from "../../protocol/server_handshake.ts";
import {
  decodeRequest,
  encodeErrorReply,
  encodeEvent,
  encodeReply,
} from "../../protocol/session_message.ts";
import { HANDSHAKE_CALLS, type HandshakeCall, type VaultPort } from "../../protocol/vault_port.ts";
import { hostPort } from "../../server/address.ts";
import { systemClock } from "../../server/clock.ts";
import { connectVault } from "../../server/vault_client.ts";
import { VaultRig } from "../server/vault_rig.ts";

type Request<T extends RequestType> = RequestOf<(typeof MESSAGES)[T]>;
type Reply<T extends RequestType> = ReplyOf<(typeof MESSAGES)[T]>;
type MaybePromise<T> = T | Promise<T>;

/** Who has asked what. */
export interface Question<T extends RequestType> {
  readonly user: string;
  readonly body: Request<T>;
  /** What the vault answers to this or to another body; throws ServerError where it refuses. */
  honest(body?: Request<T>): Promise<Reply<T>>;
}

/** What is answered instead. */
export type Lies = {
  [T in RequestType]?: (question: Question<T>) => MaybePromise<Reply<T>>;
};

/** What is said before a session is open. */
export interface HandshakeLies {
  record?: (honest: Bytes) => MaybePromise<Bytes>;
  bundle?: (honest: Bytes, user: string) => MaybePromise<Bytes>;
  hello?: (honest: ServerHello) => ServerHello;
}

/** A request as it came. */
export interface Asked {
  readonly user: string;
  readonly type: RequestType;
  readonly body: unknown;
}

const HELLO: Omit<ServerHello, "timeMs"> = {
  maxBodyBytes: 1_000_000,
  maxMessageBytes: 32 * 1024 * 1024,
  maxRecipients: 200,
  idleSeconds: 900,
};

export class HostileServer {
  lies: Lies = {};
  handshake: HandshakeLies = {};
  /** In place of a reply's bytes, before they are sealed into records: any number of messages. */
  raw: ((type: RequestType, id: number) => readonly Bytes[] | null) | null = null;
  /** Is told of each step of a handshake that a client takes. */
  onHandshake: (call: HandshakeCall) => void = () => {};
  /** All requests so far, of everybody. */
  readonly asked: Asked[] = [];
  readonly #rig: VaultRig;
  readonly #listener: Deno.TcpListener;
  readonly #sessions = new Set<HostileSession>();
  readonly #accepting: Promise<void>;

  private constructor(rig: VaultRig) {
    this.#rig = rig;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accepting = this.#accept();
  }

  static async open(): Promise<HostileServer> {
    return new HostileServer(await VaultRig.open({ maxSessions: 50, maxSessionsPerUser: 10 }));
  }

  get address(): { host: string; port: number } {
    return { host: "127.0.0.1", port: this.#listener.addr.port };
  }

  get realm(): Bytes {
    return this.#rig.realm;
  }

  /** What its administrator can do. */
  office<T>(work: (office: AdminOffice) => Promise<T>): Promise<T> {
    return withOffice(this.#rig.data, work);
  }

  /** The server's root key. */
  signer(): Promise<Signer> {
    return this.office(({ secrets }) => importSigner(secrets.signing));
  }

  /** The leaves of the true key log. */
  leaves(): Promise<Bytes[]> {
    return this.office(async ({ keyLog }) => {
      const { leaves } = await keyLog.page(0, 4096);
      return [...leaves];
    });
  }

  async invite(user: string): Promise<string> {
    const address = hostPort(this.address.host, this.address.port);
    const { invite } = await this.office((office) =>
      inviteUser(office, user, { now: Date.now(), address })
    );
    return invite;
  }

  /** Types of what a user has asked for. */
  askedBy(user: string): RequestType[] {
    return this.asked.filter((asked) => asked.user === user).map(({ type }) => type);
  }

  /** Tells the truth from now on. */
  behave(): void {
    this.lies = {};
    this.handshake = {};
    this.raw = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const session of this.#sessions) session.end();
    await this.#accepting;
    await Promise.all([...this.#sessions].map(({ done }) => done));
    await this.#rig.close();
  }

  async #accept(): Promise<void> {
    let id = 1_000_000;
    try {
      for await (const socket of this.#listener) {
        const { port1, port2 } = new MessageChannel();
        const connection = ++id;
        const session: HostileSession = new HostileSession(this, socket, port2);
        this.#sessions.add(session);
        this.#rig.vault.connect(connection, port1, {
          onUser: () => {},
          onEnd: () => session.end(),
        });
        session.done.then(() => {
          this.#rig.vault.disconnect(connection);
          this.#sessions.delete(session);
        });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** One connection of a client. */
class HostileSession {
  /** Resolves when the connection is gone. */
  readonly done: Promise<void>;
  readonly #server: HostileServer;
  readonly #socket: Deno.TcpConn;
  readonly #port: MessagePort;
  readonly #vault: VaultPort;
  readonly #channel: FrameChannel;
  #user = "";
  #open: { opener: RecordOpener; sealer: RecordSealer } | null = null;
  #writing: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(server: HostileServer, socket: Deno.TcpConn, port: MessagePort) {
    this.#server = server;
    this.#socket = socket;
    this.#port = port;
    this.#vault = connectVault(port, {
      onEvent: (event) => this.#event(event),
      onClose: () => this.end(),
    });
    this.#channel = new FrameChannel((bytes) => void this.#write(Promise.resolve(bytes)));
    this.done = this.#read();
    // Ends with the port at the latest: then the vault does not answer any more.
    void this.#run();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#channel.end(new Error("the client is gone"));
    this.#socket.close();
    this.#port.close();
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const length = await this.#socket.read(buffer);
        if (length === null) break;
        const bytes = buffer.slice(0, length);
        if (this.#open === null) await this.#channel.push(bytes);
        else await this.#take(bytes);
      }
    } catch {
      // The client is gone, or speaks nonsense: either way this connection is over.
    }
    this.end();
  }

  async #run(): Promise<void> {
    const vault = this.#lyingVault();
    const hello = () => {
      const honest = { timeMs: Date.now(), ...HELLO };
      return this.#server.handshake.hello?.(honest) ?? honest;
    };
    try {
      const result = await serverHandshake({ channel: this.#channel, vault }, hello);
      if (result.mode !== "login") {
        await this.#writing;
        this.end();
      } else await this.#begin(result.user, result.secrets);
    } catch {
      this.end();
    }
  }

  async #begin(user: string, secrets: TrafficSecrets): Promise<void> {
    this.#user = user;
    const { clientToServer, serverToClient } = secrets;
    this.#open = {
      opener: new RecordOpener(clientToServer, { maxMessageBytes: 2_000_000 }),
      sealer: new RecordSealer(serverToClient, { clock: systemClock }),
    };
    await this.#take(this.#channel.finish());
  }

  #lyingVault(): VaultPort {
    const server = this.#server;
    const vault = observed(this.#vault, (call) => server.onHandshake(call));
    return {
      ...vault,
      serverRecord: async (args) => {
        const { record } = await vault.serverRecord(args);
        return { record: await server.handshake.record?.(record) ?? record };
      },
      loginStart: (args) => {
        this.#user = args.user;
        return vault.loginStart(args);
      },
      loginFinish: async (args) => {
        const finished = await vault.loginFinish(args);
        const lie = await server.handshake.bundle?.(finished.bundle, this.#user);
        return { ...finished, bundle: lie ?? finished.bundle };
      },
    };
  }

  async #take(bytes: Bytes): Promise<void> {
    const { opener, sealer } = this.#open!;
    for (const event of await opener.push(bytes)) {
      if (event.type === "message") this.#answer(event.bytes).catch(() => this.end());
      else {
        await this.#write(sealer.close());
        this.end();
      }
    }
  }

  async #answer(bytes: Bytes): Promise<void> {
    const request = decodeRequest(bytes);
    if ("problem" in request) throw request.problem;
    const { id, type } = request;
    const body = request.body;
    this.#server.asked.push({ user: this.#user, type, body });
    const replies = this.#server.raw?.(type, id) ?? [await this.#reply({ id, type, body })];
    for (const reply of replies) await this.#write(this.#open!.sealer.message(reply));
  }

  async #reply({ id, type, body }: { id: number; type: RequestType; body: unknown }) {
    const honest = async (other: unknown = body) => {
      const result = await this.#vault.request({ type, body: other });
      if ("error" in result) throw new ServerError(result.error, [...result.names]);
      return result.body;
    };
    // deno-lint-ignore no-explicit-any -- the types of lies are checked where they are told
    const lie = this.#server.lies[type] as any;
    try {
      const reply = await (lie?.({ user: this.#user, body, honest }) ?? honest());
      return encodeReply(id, type, reply);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      return encodeErrorReply(id, error.code, error.names);
    }
  }

  #event(event: ServerEvent): void {
    if (this.#open !== null) void this.#write(this.#open.sealer.message(encodeEvent(event)));
  }

  /** In the order of the calls. */
  #write(sealing: Promise<Bytes>): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const bytes = await sealing;
      for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
    }).catch(() => this.end());
    return this.#writing;
  }
}

/** The vault, with somebody told of each step of a handshake. */
function observed(vault: VaultPort, onCall: (call: HandshakeCall) => void): VaultPort {
  const steps = Object.keys(HANDSHAKE_CALLS) as HandshakeCall[];
  const watched = steps.map((call) => {
    // deno-lint-ignore no-explicit-any -- each call goes on with what it was given
    const step = vault[call] as (args: any) => Promise<unknown>;
    // deno-lint-ignore no-explicit-any -- as above
    return [call, (args: any) => (onCall(call), step(args))];
  });
  return { ...vault, ...Object.fromEntries(watched) };
}
