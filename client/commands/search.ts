/** `mailsec search WORDS…` */

import type { CommandContext } from "../../cli/command.ts";
import { escapedJson, escapeLine } from "../../cli/escape.ts";
import { EXIT_INTERRUPTED } from "../../cli/exit_codes.ts";
import { styleFor } from "../../cli/style.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { systemClock } from "../clock.ts";
import type { Mailbox } from "../mailbox.ts";
import type { MailListItem, SortKey } from "../mailbox_types.ts";
import { parseQuery } from "../query/parse.ts";
import { type Query, searchesText } from "../query/query.ts";
import type { SearchStatus, SearchTerm } from "../search/types.ts";
import { endedByCtrlC } from "../terminal/interrupt.ts";
import { mailListLines } from "../terminal/mail_list.ts";
import { searchLine } from "../terminal/search_progress.ts";
import { listItemJson } from "./list.ts";
import { withMailbox } from "./open_mailbox.ts";

const DEFAULT_LIMIT = 20;
/** How long a search brings the index up to date before it answers. */
const BUDGET_MS = 2000;
const SNIPPET_INDENT = "      ";
const LEAST_SNIPPET = 30;
const SNIPPET_FOR_SCRIPTS = 200;

export async function run(context: CommandContext): Promise<number> {
  const { options } = context;
  const query = context.args.all("words").join(" ").trim();
  const [index, rebuild, status] = ["index", "rebuild", "status"].map((name) => options.flag(name));
  const isAboutIndex = index || rebuild || status;
  if (query === "" && !isAboutIndex) {
    throw new UsageError("There is nothing to search for.", "Give words, --index or --status");
  }
  if (query !== "" && isAboutIndex) {
    throw new UsageError("--index, --rebuild and --status take no words.", "Give one of them.");
  }
  // What is badly written is told before anybody logs in.
  if (query !== "") parseQuery(query, systemClock.now());
  return await withMailbox(context, async (mailbox) => {
    await mailbox.index.catchUp();
    if (query !== "") return await find(context, mailbox, query);
    return index || rebuild
      ? await makeIndex(context, mailbox, rebuild!)
      : await showStatus(context, await mailbox.search.status());
  });
}

async function find(context: CommandContext, mailbox: Mailbox, query: string): Promise<number> {
  const { options } = context;
  const parsed = parseQuery(query, systemClock.now());
  const withText = searchesText(parsed);
  const status = withText ? await mailbox.search.index({ budgetMs: BUDGET_MS }) : null;
  const items = await mailbox.list({
    query,
    sort: (options.text("sort") ?? "date") as SortKey,
    limit: options.integer("limit") ?? DEFAULT_LIMIT,
  });
  const indexes = items.map((item) => item.index);
  const room = Math.max(LEAST_SNIPPET, context.columns - SNIPPET_INDENT.length);
  const length = options.flag("json") ? SNIPPET_FOR_SCRIPTS : room;
  const snippets = withText
    ? await mailbox.search.snippets(indexes, termsOf(parsed), length)
    : new Map<number, string>();
  if (options.flag("json")) {
    const json = items.map((item) => ({
      ...listItemJson(item),
      snippet: snippets.get(item.index) ?? null,
    }));
    await context.stdout(`${escapedJson(json)}\n`);
  } else if (items.length === 0) {
    await context.stderr("Nothing found.\n");
  } else {
    await context.stdout(foundLines(context, items, snippets).map((line) => `${line}\n`).join(""));
  }
  if (status !== null && status.covered < status.total) {
    await context.stderr(
      `Index: ${count(status.covered)} of ${count(status.total)} mails; of the others only title ` +
        "and people were searched. To finish it: mailsec search --index\n",
    );
  }
  return 0;
}

/** The list, with what was found below each line. */
function foundLines(
  context: CommandContext,
  items: readonly MailListItem[],
  snippets: ReadonlyMap<number, string>,
): string[] {
  const style = styleFor(context.colour("stdout"));
  const lines = mailListLines(items, { sent: false, width: context.columns, style });
  return lines.flatMap((line, i) => {
    const item = items[i - 1];
    const snippet = item === undefined ? "" : snippets.get(item.index) ?? "";
    return snippet === "" ? [line] : [line, style.dim(SNIPPET_INDENT + escapeLine(snippet))];
  });
}

async function makeIndex(
  context: CommandContext,
  mailbox: Mailbox,
  rebuild: boolean,
): Promise<number> {
  const line = searchLine(context);
  let interrupted = false;
  const status = await endedByCtrlC(async (signal) => {
    const options = { signal, onProgress: line.onProgress };
    const made = rebuild
      ? await mailbox.search.rebuild(options)
      : await mailbox.search.index(options);
    interrupted = signal.aborted;
    return made;
  }).finally(() => line.end());
  await showStatus(context, status);
  return interrupted ? EXIT_INTERRUPTED : 0;
}

async function showStatus(context: CommandContext, status: SearchStatus): Promise<number> {
  const { covered, total, unreadable } = status;
  if (context.options.flag("json")) {
    await context.stdout(`${escapedJson({ covered, total, unreadable })}\n`);
    return 0;
  }
  const lines = [`Index: ${count(covered)} of ${count(total)} mails`];
  if (unreadable > 0) {
    lines.push(
      `Of ${count(unreadable)} the content cannot be opened: only title and people are in.`,
    );
  }
  if (covered < total) lines.push("To finish it: mailsec search --index");
  await context.stdout(lines.map((line) => `${line}\n`).join(""));
  return 0;
}

/** What a query looks for, without what it looks away from. */
function termsOf(query: Query): SearchTerm[] {
  if (query.kind === "text") return [query.term];
  return query.kind === "and" || query.kind === "or" ? query.of.flatMap(termsOf) : [];
}

function count(number: number): string {
  return number.toLocaleString("en");
}
