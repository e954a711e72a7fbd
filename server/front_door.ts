/**
 * The front door: accepts connections, keeps the limits on them, and hands each to a session worker
 * with a port to the vault. What the connections say passes through unread.
 *
 * Invariants: at most `maxSessions` connections are logged in; handshakes in progress have an
 * allowance of their own (handshake_allowance.ts) and a deadline; a connection that has ended has
 * given back its place, its worker and its port at once.
 */

import type { Refusal } from "../protocol/frame.ts";
import { hostPort } from "./address.ts";
import { Connection } from "./connection.ts";
import { type Handshake, HandshakeAllowance } from "./handshake_allowance.ts";
import { sourceOf, TokenBuckets } from "./limiter.ts";
import type { Log } from "./log.ts";
import type { ConnectionStart } from "./pipe.ts";
import { Refusals } from "./refuse.ts";
import { type SessionWorker, SessionWorkers, type WorkerPlace } from "./session_workers.ts";
import type { VaultLink } from "./vault_link.ts";

/** How often deadlines are looked at, in ms. */
const TICK_MS = 250;
/** A connection that comes while the server is full is refused after so long, in ms. */
const FULL_GRACE_MS = 100;
/** Connections that wait at a full server, at most. */
const MAX_AT_THE_DOOR = 64;
/** After a login so much time passes before the next spare worker is started, in ms. */
const WARM_UP_DELAY_MS = 100;
/** A connection whose session the vault has ended has so long to say goodbye, in ms. */
const FAREWELL_MS = 500;
/** A server that shuts down waits so long for replies in flight, in ms. */
export const DRAIN_MS = 10_000;

/** How long a connection may take, in ms. */
export interface Timeouts {
  /** From the first byte to the login. */
  readonly handshakeMs: number;
  /** Of a session without a word from the client. */
  readonly idleMs: number;
}

export interface FrontDoorOptions {
  readonly listener: Deno.TcpListener;
  readonly vault: VaultLink;
  readonly log: Log;
  readonly maxSessions: number;
  readonly limits: ConnectionStart["limits"];
  readonly timeouts: Timeouts;
  readonly poolSize: number;
  readonly startWorker: () => SessionWorker;
}

/** What is known of a connection. */
interface Guest {
  readonly id: number;
  readonly socket: Deno.TcpConn;
  readonly source: string;
  readonly peer: string;
  readonly handshake: Handshake;
  readonly since: number;
  user: string | null;
  /** Once it has a worker. */
  running: { readonly connection: Connection; readonly place: WorkerPlace } | null;
}

export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #guests = new Map<number, Guest>();
  /** Came while the server was full, and since when: a place may be free in the next moment. */
  readonly #atTheDoor = new Map<Deno.TcpConn, number>();
  /** Ended, the last bytes on their way out. */
  readonly #lingering = new Set<Connection>();
  readonly #tokens = new TokenBuckets(now);
  readonly #allowance = new HandshakeAllowance(now);
  readonly #refusals = new Refusals();
  readonly #workers: SessionWorkers;
  readonly #refused = new Map<Refusal, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  #warmUpTimer: ReturnType<typeof setTimeout> | undefined;
  #lastId = 0;
  #sessions = 0;
  #draining = false;
  #empty = Promise.withResolvers<void>();

  constructor(options: FrontDoorOptions) {
    const { log, vault, startWorker, poolSize } = options;
    this.#options = options;
    this.#workers = new SessionWorkers({
      start: startWorker,
      poolSize,
      onCrash: (message) => log.error("worker_crashed", { message }),
    });
    vault.listen({
      onUser: (id, how, user) => this.#onUser(id, how, user),
      onEnded: (id) => this.#guests.get(id)?.running?.connection.endWithin(FAREWELL_MS),
      onCrash: (message) => {
        log.error("vault_crashed", { message });
        this.close();
      },
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#workers.warmUp();
    void this.#accept();
  }

  /** No new connections, replies in flight finish, everybody is told. Resolves when all have gone. */
  async drain(): Promise<void> {
    if (this.#draining) return this.#empty.promise;
    this.#draining = true;
    this.#options.listener.close();
    this.#closeTheDoor();
    for (const guest of [...this.#guests.values()]) {
      if (guest.user === null) this.#endGuest(guest, "shutting_down");
    }
    this.#options.vault.drain();
    const deadline = setTimeout(() => this.close(), DRAIN_MS);
    this.#checkEmpty();
    await this.#empty.promise;
    clearTimeout(deadline);
    this.close();
  }

  /** Ends everything at once. */
  close(): void {
    if (!this.#draining) this.#options.listener.close();
    this.#draining = true;
    clearInterval(this.#timer);
    clearTimeout(this.#warmUpTimer);
    this.#closeTheDoor();
    for (const guest of [...this.#guests.values()]) this.#endGuest(guest, "shutting_down");
    for (const connection of this.#lingering) connection.drop("shutting_down");
    this.#lingering.clear();
    this.#refusals.close();
    this.#workers.close();
    this.#empty.resolve();
  }

  /** Resolves when the door is closed for good. */
  get closed(): Promise<void> {
    return this.#empty.promise;
  }

  async #accept(): Promise<void> {
    while (!this.#draining) {
      try {
        this.#welcome(await this.#options.listener.accept());
      } catch (error) {
        if (this.#draining) return;
        // Too many open files, a connection that went before it was accepted: the next one may do.
        const message = error instanceof Error ? error.message : "";
        this.#options.log.warn("accept_failed", { message });
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
    }
  }

  #closeTheDoor(): void {
    for (const socket of this.#atTheDoor.keys()) socket.close();
    this.#atTheDoor.clear();
  }

  #welcome(socket: Deno.TcpConn): void {
    if (!this.#isFull()) return this.#admit(socket);
    if (this.#atTheDoor.size >= MAX_AT_THE_DOOR) return this.#refuse(socket, "server_full");
    this.#atTheDoor.set(socket, now());
  }

  /**
   * Lets those in who came while the server was full, as far as places have become free: whoever
   * reconnects must not be refused because her own goodbye is still on its way through a worker.
   */
  #lookAtTheDoor(): void {
    for (const [socket, since] of this.#atTheDoor) {
      const isFull = this.#isFull();
      if (isFull && now() - since < FULL_GRACE_MS) continue;
      this.#atTheDoor.delete(socket);
      if (isFull) this.#refuse(socket, "server_full");
      else this.#admit(socket);
    }
  }

  #isFull(): boolean {
    return this.#sessions >= this.#options.maxSessions;
  }

  #admit(socket: Deno.TcpConn): void {
    const { hostname, port } = socket.remoteAddr;
    const source = sourceOf(hostname);
    if (!this.#tokens.take(source)) return this.#refuse(socket, "busy");
    const id = ++this.#lastId;
    const guest: Guest = {
      id,
      socket,
      source,
      peer: hostPort(hostname, port).text,
      handshake: {
        source,
        get hasSpoken() {
          return guest.running?.connection.hasSpoken ?? false;
        },
        begin: () => this.#begin(guest),
        drop: () => this.#endGuest(guest, "handshake_crowded_out"),
      },
      since: now(),
      user: null,
      running: null,
    };
    this.#guests.set(id, guest);
    if (this.#allowance.request(guest.handshake)) return;
    this.#guests.delete(id);
    this.#refuse(socket, "busy");
  }

  #refuse(socket: Deno.TcpConn, why: Refusal): void {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
    void this.#refusals.refuse(socket, why);
  }

  /** The connection has a place: it gets its worker and its ports. */
  #begin(guest: Guest): void {
    const { vault, limits } = this.#options;
    const pipe = new MessageChannel();
    const toVault = new MessageChannel();
    guest.socket.setNoDelay(true);
    vault.connect(guest.id, toVault.port1);
    const place = this.#workers.place(
      { pipe: pipe.port1, vault: toVault.port2, limits },
      () => this.#endGuest(guest, "worker_crashed"),
    );
    const connection = new Connection({
      socket: guest.socket,
      pipe: pipe.port2,
      now,
      onEnd: (reason) => this.#onEnd(guest, reason),
    });
    guest.running = { connection, place };
  }

  #onUser(id: number, how: "login" | "registered", user: string): void {
    const guest = this.#guests.get(id);
    if (guest === undefined) return;
    this.#tokens.giveBack(guest.source);
    const ms = Math.round(now() - guest.since);
    this.#options.log.info(how, { connection: id, user, from: guest.peer, ms });
    if (how === "registered") return;
    guest.user = user;
    this.#sessions += 1;
    this.#allowance.leave(guest.handshake);
    this.#warmUpSoon();
  }

  /** Ends a connection from this side. */
  #endGuest(guest: Guest, reason: string): void {
    if (guest.running !== null) return guest.running.connection.drop(reason);
    guest.socket.close();
    this.#onEnd(guest, reason);
  }

  /** The connection is over: everything it had is given back. */
  #onEnd(guest: Guest, reason: string): void {
    const { id, user, running } = guest;
    if (!this.#guests.delete(id)) return;
    if (user !== null) this.#sessions -= 1;
    this.#allowance.leave(guest.handshake);
    if (running !== null) {
      this.#lingering.add(running.connection);
      this.#options.vault.disconnect(id);
      running.place.release();
    }
    const seconds = Math.round((now() - guest.since) / 1000);
    this.#options.log.info("ended", { connection: id, user, from: guest.peer, reason, seconds });
    if (this.#draining) return this.#checkEmpty();
    this.#warmUpSoon();
    this.#lookAtTheDoor();
  }

  /** A worker is started when the processor has nothing better to do. */
  #warmUpSoon(): void {
    clearTimeout(this.#warmUpTimer);
    this.#warmUpTimer = setTimeout(() => this.#workers.warmUp(), WARM_UP_DELAY_MS);
  }

  #tick(): void {
    const { handshakeMs, idleMs } = this.#options.timeouts;
    for (const guest of [...this.#guests.values()]) {
      const heardAt = guest.running?.connection.heardAt ?? guest.since;
      if (guest.user === null && now() - guest.since >= handshakeMs) {
        this.#endGuest(guest, "handshake_timeout");
      } else if (guest.user !== null && now() - heardAt >= idleMs) {
        this.#endGuest(guest, "idle");
      } else {
        guest.running?.connection.tick();
      }
    }
    for (const connection of this.#lingering) {
      connection.tick();
      if (connection.isClosed) this.#lingering.delete(connection);
    }
    this.#allowance.tick();
    this.#lookAtTheDoor();
    for (const [reason, count] of this.#refused) {
      this.#options.log.warn("refused", { reason, count });
    }
    this.#refused.clear();
    this.#checkEmpty();
  }

  #checkEmpty(): void {
    if (!this.#draining || this.#guests.size > 0) return;
    if ([...this.#lingering].every((connection) => connection.isClosed)) this.#empty.resolve();
  }
}

/** Monotonic time in ms: deadlines do not move when somebody sets the clock. */
function now(): number {
  return performance.now();
}
