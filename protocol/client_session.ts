/**
 * The client's end of an open session: many requests at once, replies matched by id, events as
 * they come. Ids grow by one; requests leave in the order in which they were made.
 */
import { type Bytes, release, wipe } from "../crypto/bytes.ts";
import type { MailsecError } from "../crypto/errors.ts";
import type { RecordEvent } from "../crypto/record.ts";
import { RecordOpener } from "../crypto/record_opener.ts";
import { RecordSealer } from "../crypto/record_sealer.ts";
import type { Clock } from "../crypto/tick.ts";
import type { TrafficSecrets } from "../crypto/transcript.ts";
import { isErrorCode, ServerError } from "./error_codes.ts";
import { MAX_PLAINTEXT_MESSAGE_BYTES, MAX_REQUESTS_IN_FLIGHT } from "./limits.ts";
import type { ServerEvent } from "./messages/events.ts";
import type { Message } from "./messages/message.ts";
import type { Schema } from "./schema.ts";
import { ConnectionLostError, ProtocolError } from "./session_errors.ts";
import type { ReceivedReply } from "./session_message.ts";
import { decodeFromServer, encodeRequest } from "./session_message.ts";

export interface ClientSessionOptions {
  readonly clock: Pick<Clock, "now">;
  /** Takes bytes for the server, in order. A rejection ends the session as lost. */
  write(bytes: Bytes): void | Promise<void>;
  onEvent?(event: ServerEvent): void;
  /** Called once: null after a `close` that both ends made, otherwise why. */
  onClose?(error: MailsecError | null): void;
}

interface Pending {
  readonly reply: Schema<unknown>;
  resolve(body: unknown): void;
  reject(error: MailsecError): void;
}

export class ClientSession {
  readonly #options: ClientSessionOptions;
  readonly #opener: RecordOpener;
  readonly #sealer: RecordSealer;
  readonly #pending = new Map<number, Pending>();
  /** Encoded requests that wait until fewer are under way. */
  readonly #queue: Bytes[] = [];
  readonly #ended = Promise.withResolvers<void>();
  #state: "open" | "closing" | "ended" = "open";
  #error: MailsecError = new ConnectionLostError("session");
  #nextId = 1;
  #underWay = 0;
  #reading: Promise<void> = Promise.resolve();

  /** The secrets are wiped. */
  constructor(secrets: TrafficSecrets, options: ClientSessionOptions) {
    const { clientToServer, serverToClient, exporter } = secrets;
    this.#options = options;
    this.#opener = new RecordOpener(serverToClient, {
      maxMessageBytes: MAX_PLAINTEXT_MESSAGE_BYTES,
    });
    this.#sealer = new RecordSealer(clientToServer, { clock: options.clock });
    wipe(clientToServer, serverToClient, exporter);
  }

  /**
   * Asks, and resolves with the reply. Rejects with ServerError when the server refuses, with
   * CodecError when the body is none that may be sent (the session goes on), and with the
   * session's error when it has ended: after ConnectionLostError it is safe to ask again.
   */
  async request<Request, Reply>(
    message: Message<string, Request, Reply>,
    body: Request,
  ): Promise<Reply> {
    if (this.#state !== "open") throw this.#error;
    const bytes = encodeRequest({ id: this.#nextId, ...message }, body);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { reply: message.reply, resolve, reject });
    this.#queue.push(bytes);
    this.#sendQueued();
    return await promise as Reply;
  }

  /** Takes over `bytes` from the server. Resolves when they are dealt with; rejects only with what
   * `onEvent` throws. */
  push(bytes: Uint8Array): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read(bytes));
    return this.#reading;
  }

  /** The connection has ended; what came before still counts. */
  end(cause?: unknown): void {
    const lose = () => this.#lose(cause);
    this.#reading = this.#reading.then(lose, lose);
  }

  /**
   * Says goodbye: no more requests; replies to those under way still come. Resolves when the
   * server has said goodbye too, or the connection has ended.
   */
  async close(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "closing";
      this.#write(() => this.#sealer.close());
    }
    await this.#ended.promise;
  }

  #sendQueued(): void {
    while (this.#underWay < MAX_REQUESTS_IN_FLIGHT && this.#state === "open") {
      const bytes = this.#queue.shift();
      if (bytes === undefined) return;
      this.#underWay++;
      this.#write(() => this.#sealer.message(bytes));
    }
  }

  /** The sealer fulfils in order, so this writes in order. */
  async #write(seal: () => Promise<Bytes>): Promise<void> {
    try {
      const bytes = await seal();
      if (this.#state !== "ended") await this.#options.write(bytes);
    } catch (cause) {
      this.end(cause);
    }
  }

  async #read(bytes: Uint8Array): Promise<void> {
    if (this.#state === "ended") return;
    let events: RecordEvent[];
    try {
      events = await this.#opener.push(bytes);
    } catch (cause) {
      return this.#end(new ConnectionLostError("session", { cause }));
    }
    for (const event of events) {
      if (event.type === "message") this.#receive(event.bytes);
      else if (event.type === "close") this.#lose();
      else this.#end(refusal(event.code));
    }
  }

  #receive(bytes: Bytes): void {
    if (this.#state === "ended") return;
    const received = this.#decode(bytes);
    // What was decoded has copies.
    release(bytes);
    if (received === null) return;
    if ("event" in received) return this.#options.onEvent?.(received);
    const pending = this.#pending.get(received.id)!;
    this.#pending.delete(received.id);
    this.#underWay--;
    if ("error" in received) pending.reject(new ServerError(received.error, received.names));
    else pending.resolve(received.body);
    this.#sendQueued();
  }

  /** Null: what has come is nothing a server may say, and the session has ended. */
  #decode(bytes: Bytes): ReceivedReply | ServerEvent | null {
    try {
      return decodeFromServer(bytes, (id) => this.#pending.get(id)?.reply);
    } catch (cause) {
      this.#end(new ProtocolError("The server sent something that is no answer.", { cause }));
      return null;
    }
  }

  /** The end of the connection, which is no loss when we have said goodbye. */
  #lose(cause?: unknown): void {
    this.#end(this.#state === "closing" ? null : new ConnectionLostError("session", { cause }));
  }

  #end(error: MailsecError | null): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    if (error !== null) this.#error = error;
    for (const { reject } of this.#pending.values()) reject(this.#error);
    this.#pending.clear();
    this.#queue.length = 0;
    this.#options.onClose?.(error);
    this.#ended.resolve();
  }
}

function refusal(code: string): MailsecError {
  return isErrorCode(code)
    ? new ServerError(code)
    : new ProtocolError("The server ended the session for a reason that is not known here.");
}
