/**
 * The front door: accepts connections, keeps the limits on them, and hands each to a session worker
 * with a port to the vault. What the connections say passes through unread.
 *
 * Invariants: at most `maxSessions` connections are logged in; handshakes in progress have an
 * allowance of their own (handshake_allowance.ts) and a deadline; a connection that has ended has
 * given back its place, its worker and its port at once.
 */

import { hostPort } from "./address.ts";
import { Admission } from "./admission.ts";
import { Connection } from "./connection.ts";
import type { Handshake } from "./handshake_allowance.ts";
import type { Log } from "./log.ts";
import type { ConnectionStart } from "./pipe.ts";
import { type SessionWorker, SessionWorkers, type WorkerPlace } from "./session_workers.ts";
import type { Arrival } from "./vault/ports.ts";
import type { VaultLink } from "./vault_link.ts";

/** How often deadlines are looked at, in ms. */
const TICK_MS = 250;
/** After a login so much time passes before the next spare worker is started, in ms. */
const WARM_UP_DELAY_MS = 100;
/** A connection whose session the vault has ended has so long to say goodbye, in ms. */
const FAREWELL_MS = 500;
/** A server that shuts down waits so long for replies in flight, in ms. */
export const DRAIN_MS = 10_000;

/** How long a connection may take, in ms. */
export interface Timeouts {
  /** Until there is a place for the handshake, and from there to the login. */
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
  readonly peer: string;
  readonly handshake: Handshake;
  readonly since: number;
  user: string | null;
  /** Once it has a worker. */
  running: {
    readonly connection: Connection;
    readonly place: WorkerPlace;
    readonly since: number;
  } | null;
}

export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #guests = new Map<number, Guest>();
  /** Ended, the last bytes on their way out. */
  readonly #lingering = new Set<Connection>();
  readonly #admission: Admission;
  readonly #workers: SessionWorkers;
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
    this.#admission = new Admission({
      now,
      isFull: () => this.#sessions >= options.maxSessions,
      admit: (socket, source) => this.#admit(socket, source).handshake,
      turnedAway: (handshake) => this.#forget(handshake),
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
    this.#admission.close();
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
    this.#admission.close();
    for (const guest of [...this.#guests.values()]) this.#endGuest(guest, "shutting_down");
    for (const connection of this.#lingering) connection.drop("shutting_down");
    this.#lingering.clear();
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
        const socket = await this.#options.listener.accept();
        if (this.#draining) socket.close();
        else this.#admission.welcome(socket);
      } catch (error) {
        if (this.#draining) return;
        // Too many open files, a connection that went before it was accepted: the next one may do.
        const message = error instanceof Error ? error.message : "";
        this.#options.log.warn("accept_failed", { message });
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
    }
  }

  #admit(socket: Deno.TcpConn, source: string): Guest {
    const id = ++this.#lastId;
    const guest: Guest = {
      id,
      socket,
      peer: hostPort(socket.remoteAddr.hostname, socket.remoteAddr.port).text,
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
    return guest;
  }

  #forget(handshake: Handshake): void {
    for (const [id, guest] of this.#guests) {
      if (guest.handshake === handshake) this.#guests.delete(id);
    }
  }

  /** The connection has a place: it gets its worker and its ports. */
  #begin(guest: Guest): void {
    try {
      guest.socket.setNoDelay(true);
    } catch {
      // It was reset while it waited.
      return this.#endGuest(guest, "connection_lost");
    }
    const { vault, limits } = this.#options;
    const pipe = new MessageChannel();
    const toVault = new MessageChannel();
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
    guest.running = { connection, place, since: now() };
  }

  #onUser(id: number, how: Arrival, user: string): void {
    const guest = this.#guests.get(id);
    if (guest === undefined) return;
    this.#admission.giveBack(guest.handshake);
    const ms = Math.round(now() - guest.since);
    this.#options.log.info(how, { connection: id, user, from: guest.peer, ms });
    if (how !== "login") return;
    guest.user = user;
    this.#sessions += 1;
    this.#admission.leave(guest.handshake);
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
    this.#admission.leave(guest.handshake);
    if (running !== null) {
      this.#lingering.add(running.connection);
      this.#options.vault.disconnect(id);
      running.place.release();
    }
    const seconds = Math.round((now() - guest.since) / 1000);
    this.#options.log.info("ended", { connection: id, user, from: guest.peer, reason, seconds });
    if (this.#draining) return this.#checkEmpty();
    this.#warmUpSoon();
    this.#admission.placeIsFree();
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
      // Whoever waited for a place has as much time for the handshake as who did not.
      const turnSince = guest.running?.since ?? guest.since;
      if (guest.user === null && now() - turnSince >= handshakeMs) {
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
    for (const [reason, count] of this.#admission.tick()) {
      this.#options.log.warn("refused", { reason, count });
    }
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
