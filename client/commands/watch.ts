/** `mailsec watch [QUERY]` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJsonLine, escapeLine } from "../../cli/escape.ts";
import { EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit_codes.ts";
import { truncateToWidth } from "../../cli/text_width.ts";
import { Hook } from "../live/hook.ts";
import type { ConnectionState } from "../live/live_mailbox.ts";
import type { Mailbox } from "../mailbox.ts";
import type { MailListItem } from "../mailbox_types.ts";
import { formatDate } from "../terminal/format.ts";
import { endedByCtrlC } from "../terminal/interrupt.ts";
import { explain } from "./explain.ts";
import { listItemJson } from "./list.ts";
import { queryOfWords } from "./mail_query.ts";
import { withMailbox } from "./open_mailbox.ts";

const BELL = "\x07";

export async function run(context: CommandContext): Promise<number> {
  const words = context.args.all("query");
  const query = words.length === 0 ? null : queryOfWords(words);
  const command = context.options.text("exec");
  if (command === undefined) context.giveUpRunning?.();
  const problem = (text: string) => void explain(context, text);
  const hook = command === undefined ? null : new Hook(command, { onProblem: problem });
  return await withMailbox(context, (mailbox) => {
    mailbox.search.follow((changed) => mailbox.index.onChange(changed));
    const watching = new Watching(context, { mailbox, query, hook });
    return endedByCtrlC((signal) => watching.run(signal));
  });
}

/** What of a mailbox is watched. */
type Watched = Pick<Mailbox, "list"> & {
  readonly live: Pick<Mailbox["live"], "onNewMail" | "onConnection" | "start" | "stop">;
};

/** Tells of each mail as it comes, until it is ended. */
export class Watching {
  readonly #context: CommandContext;
  readonly #mailbox: Watched;
  readonly #query: string | null;
  readonly #hook: Hook | null;
  readonly #end = Promise.withResolvers<number>();
  #told: Promise<void> = Promise.resolve();

  constructor(
    context: CommandContext,
    { mailbox, query, hook }: { mailbox: Watched; query: string | null; hook: Hook | null },
  ) {
    this.#context = context;
    this.#mailbox = mailbox;
    this.#query = query;
    this.#hook = hook;
  }

  async run(signal: AbortSignal): Promise<number> {
    const { live } = this.#mailbox;
    signal.addEventListener("abort", () => this.#end.resolve(EXIT_INTERRUPTED), { once: true });
    live.onNewMail((item) => this.#inTurn(() => this.#tell(item)));
    live.onConnection((state) => this.#inTurn(() => this.#tellState(state)));
    try {
      await live.start();
      await explain(this.#context, "Watching for new mail; Ctrl-C ends it.");
      return await this.#end.promise;
    } finally {
      await live.stop();
      await this.#hook?.stop();
    }
  }

  /** One thing after another; what goes wrong, such as a reader that is gone, ends the watching. */
  #inTurn(work: () => Promise<void>): void {
    this.#told = this.#told.then(work).catch((error) => this.#end.reject(error));
  }

  async #tell(item: MailListItem): Promise<void> {
    if (!await this.#isMeant(item)) return;
    const { options } = this.#context;
    const json = escapedJsonLine(listItemJson(item));
    await this.#context.stdout(`${options.flag("json") ? json : this.#line(item)}\n`);
    // Nobody is proven to have written it: it is told of, and sets nothing in motion.
    if (item.rejected !== undefined) return;
    if (options.flag("bell")) await this.#context.stderr(BELL);
    const { id, index, from, title } = item;
    await this.#hook?.run({ id, index, from, title, json });
    if (!options.flag("once")) return;
    await this.#hook?.settled();
    this.#end.resolve(EXIT_OK);
  }

  async #isMeant({ id }: MailListItem): Promise<boolean> {
    if (this.#query === null) return true;
    const query = `id:${id} (${this.#query})`;
    return (await this.#mailbox.list({ query, limit: 1 })).length > 0;
  }

  #line({ index, from, date, title, rejected }: MailListItem): string {
    const text = rejected === undefined ? title : `(rejected: ${rejected})`;
    const line = escapeLine(`${index}  ${formatDate(date)}  ${from}  ${text}`);
    return this.#context.stdoutIsTerminal ? truncateToWidth(line, this.#context.columns) : line;
  }

  async #tellState(state: ConnectionState): Promise<void> {
    if (state.state === "connected") return await explain(this.#context, "Connected again.");
    if (state.state === "refused") throw state.error;
    const seconds = Math.max(1, Math.round(state.retryMs / 1000));
    await explain(this.#context, `${state.reason} Trying again in ${seconds} s.`);
  }
}
