/**
 * One client process of the benchmark: logs in as its first argument says (ClientOptions as JSON),
 * then does what each line of its stdin asks and answers with a line.
 */
import { client, ready, server as opaqueServer } from "@serenity-kit/opaque";
import { Account } from "../client/account.ts";
import { parseServerAddress } from "../client/address.ts";
import { ConfigStore } from "../client/config_store.ts";
import { marksIn } from "../crypto/entry_fields.ts";
import { EntryBook } from "../client/entry_book.ts";
import { KeyLog } from "../client/key_log/key_log.ts";
import type { LogStores } from "../client/key_log/log_account.ts";
import { Mailbox } from "../client/mailbox.ts";
import { upload } from "../client/mailbox_deliver.ts";
import type { SealedOutgoing } from "../client/mailbox_types.ts";
import { MAX_PUT_ENTRIES } from "../protocol/limits.ts";
import { deliverRaw, noiseMail } from "../tools/raw_session.ts";
import type { ClientOptions, Task, Timing } from "./client_protocol.ts";

const options = JSON.parse(Deno.args[0] ?? "{}") as ClientOptions;

function logIn(): Promise<Account> {
  return Account.open({
    address: parseServerAddress(options.server),
    user: options.user,
    password: options.password,
    config: new ConfigStore(options.config),
  });
}

/** Does `work` for each item, `inFlight` at a time, and times the whole and each. */
async function timed<T>(
  items: T[],
  inFlight: number,
  work: (item: T) => Promise<unknown>,
): Promise<Timing> {
  const eachMs: number[] = [];
  const queue = items[Symbol.iterator]();
  const started = performance.now();
  await Promise.all(Array.from({ length: inFlight }, async () => {
    for (const item of queue) {
      const begun = performance.now();
      await work(item);
      eachMs.push(performance.now() - begun);
    }
  }));
  return { ms: performance.now() - started, eachMs, found: 0 };
}

/** A body of ASCII letters, different each time. */
function body(bytes: number): string {
  const line = crypto.randomUUID() + "\n";
  return line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes);
}

/** One password step of a login, with Argon2id as strong as said; the parameters are the client's. */
function passwordStep(memory: number, iterations: number, parallelism: number): void {
  const password = "a password";
  const started = client.startRegistration({ password });
  const { registrationResponse } = opaqueServer.createRegistrationResponse({
    serverSetup: opaqueServer.createSetup(),
    userIdentifier: "user",
    registrationRequest: started.registrationRequest,
  });
  client.finishRegistration({
    password,
    registrationResponse,
    clientRegistrationState: started.clientRegistrationState,
    keyStretching: { "argon2id-custom": { memory, iterations, parallelism } },
  });
}

async function argon2(times: number): Promise<Timing> {
  await ready;
  const rounds = Array.from({ length: times }, (_, i) => i);
  const strong = await timed(rounds, 1, () => Promise.resolve(passwordStep(65_536, 3, 4)));
  const weak = await timed(rounds, 1, () => Promise.resolve(passwordStep(32, 1, 4)));
  return { ...strong, eachMs: strong.eachMs.map((ms, i) => ms - weak.eachMs[i]!) };
}

async function main(): Promise<void> {
  const account = await logIn();
  const mailbox = new Mailbox(account);
  let sealed: SealedOutgoing[] = [];
  const perform = async (task: Task): Promise<Timing> => {
    switch (task.do) {
      case "seal": {
        const mail = () => ({ to: task.to, title: "Benchmark", body: body(task.bytes) });
        sealed = [];
        return await timed(Array(task.count).fill(0), 4, async () => {
          sealed.push(await mailbox.seal(mail()));
        });
      }
      case "deliver":
        return await timed(
          sealed,
          task.inFlight,
          (mail) => account.withSession((session) => upload(session, mail, { ownEntry: null })),
        );
      case "fill":
        return await fill(account, task.count);
      case "send": {
        const texts = Array.from({ length: task.count }, () => body(task.bytes));
        return await timed(
          texts,
          task.inFlight,
          (text) => mailbox.send({ to: task.to, title: "Benchmark", body: text }),
        );
      }
      case "list": {
        let found = 0;
        const timing = await timed(Array(task.times).fill(0), 1, async () => {
          const limit = task.limit === 0 ? {} : { limit: task.limit };
          found = (await mailbox.list(limit)).length;
        });
        return { ...timing, found };
      }
      case "read":
        return await timed(Array(task.times).fill(0), 1, () => mailbox.read(task.index));
      case "login":
        return await logInAgain(task.times);
      case "argon2":
        return await argon2(task.times);
      case "open_log":
        return await openLog(account, task);
      case "read_log":
        return await readLog(account, task.times);
      case "close":
        await mailbox.close();
        return { ms: 0, eachMs: [], found: 0 };
    }
  };
  console.log("{}");
  for await (const line of lines(Deno.stdin.readable)) {
    const task = JSON.parse(line) as Task;
    console.log(JSON.stringify(await perform(task)));
    if (task.do === "close") return;
  }
}

/** Mails of noise to oneself, and for each the entry of a mail that was looked at and rejected. */
async function fill(account: Account, count: number): Promise<Timing> {
  const book = new EntryBook(account);
  const started = performance.now();
  for (let done = 0; done < count; done += MAX_PUT_ENTRIES) {
    const mails = Array.from(
      { length: Math.min(MAX_PUT_ENTRIES, count - done) },
      () => noiseMail(account, [account.user], 2048),
    );
    await timed(mails, 16, (mail) => account.withSession((session) => deliverRaw(session, mail)));
    const seen = { rejected: "undecryptable", from: account.user, ...marksIn("inbox") };
    await book.write(mails.map(({ messageId }) => (
      { messageId, revision: 0, entry: { ...seen, arrived: Date.now() } }
    )));
  }
  return { ms: performance.now() - started, eachMs: [], found: 0 };
}

/** Times logins only: the goodbyes between them are not counted. */
async function logInAgain(times: number): Promise<Timing> {
  const eachMs: number[] = [];
  for (let i = 0; i < times; i++) {
    const begun = performance.now();
    const account = await logIn();
    eachMs.push(performance.now() - begun);
    await account.close();
  }
  return { ms: eachMs.reduce((sum, ms) => sum + ms, 0), eachMs, found: 0 };
}

function logStores(account: Account, folder: string): LogStores {
  return new ConfigStore(`${options.config}/${folder}`).keyLog(account);
}

async function openLog(
  account: Account,
  { fresh, times }: { fresh: boolean; times: number },
): Promise<Timing> {
  const folders = Array.from({ length: times }, () => fresh ? crypto.randomUUID() : "log");
  if (!fresh) await KeyLog.open(account, logStores(account, "log"));
  let found = 0;
  const timing = await timed(folders, 1, async (folder) => {
    found = (await KeyLog.open(account, logStores(account, folder))).head.size;
  });
  return { ...timing, found };
}

async function readLog(account: Account, times: number): Promise<Timing> {
  const logs = await Promise.all(
    Array.from({ length: times }, () => KeyLog.open(account, logStores(account, "log"))),
  );
  return await timed(logs, 1, (log) => log.entries());
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

await main();
