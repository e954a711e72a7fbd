/** From the options of a command to the mailbox that it means, logged in. */

import type { CommandContext } from "../../cli/command.ts";
import { escapeLine } from "../../cli/escape.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { FormatError } from "../../crypto/errors.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import { normalizeUserName } from "../../crypto/names.ts";
import type { Account } from "../account.ts";
import { parseServerAddress, type ServerAddress } from "../address.ts";
import { configDirectory, ConfigStore } from "../config_store.ts";
import { LoginError } from "../errors.ts";
import { login, type LoginStep, type UnknownServer } from "../login.ts";
import { Mailbox } from "../mailbox.ts";
import { accountNews } from "../terminal/news.ts";
import { askPassword, confirm, noTerminal, terminal } from "../terminal/questions.ts";
import { askDeviceCode } from "./device_code.ts";
import { explain } from "./explain.ts";
import { readPasswordFile } from "./password_file.ts";

/** Whose mailbox, on which server. */
export interface ChosenAccount {
  readonly address: ServerAddress;
  /** In lower case. */
  readonly user: string;
}

/** The client's files for this command. */
export function configStore(context: CommandContext): ConfigStore {
  const given = context.options.text("config") ?? context.env("MAILSEC_CONFIG");
  return new ConfigStore(configDirectory(given, context.env));
}

/**
 * The account that `--server` and `--user` name, else `MAILSEC_SERVER` and `MAILSEC_USER`, else
 * the one used last. With a server alone, the user of the last time if that was the same server.
 *
 * @throws {UsageError} when that does not name an account.
 */
export async function chooseAccount(
  context: CommandContext,
  config: ConfigStore,
): Promise<ChosenAccount> {
  const server = context.options.text("server") ?? context.env("MAILSEC_SERVER");
  const user = context.options.text("user") ?? context.env("MAILSEC_USER");
  const address = server === undefined ? null : asUsage(() => parseServerAddress(server));
  const name = user === undefined ? null : asUsage(() => normalizeUserName(user));
  if (address !== null && name !== null) return { address, user: name };
  const last = await config.last();
  if (last === null) {
    throw new UsageError(
      `No ${address === null ? "server" : "user"} is named, and no account was used before.`,
      "Give --server HOST[:PORT] --user NAME, or log in once with: mailsec connect HOST USER",
    );
  }
  if (address === null) return { address: last.server, user: name ?? last.user };
  if (address.host === last.server.host && address.port === last.server.port) {
    return { address, user: last.user };
  }
  throw new UsageError("No user is named for this server.", "Give --user NAME");
}

/** Logs in to the account that the options mean, works, and always says goodbye. */
export async function withMailbox<T>(
  context: CommandContext,
  work: (mailbox: Mailbox) => Promise<T>,
): Promise<T> {
  const config = configStore(context);
  const account = await chooseAccount(context, config);
  const mailbox = await openMailbox(context, { ...account, config });
  try {
    for (const line of accountNews(mailbox)) await explain(context, `Warning: ${line}`);
    return await work(mailbox);
  } finally {
    await mailbox.close();
  }
}

/** How a command logs in. */
export interface LoginChoice extends ChosenAccount {
  readonly config: ConfigStore;
  /** Instead of `--password-file` and of the question. */
  readonly password?: string | (() => Promise<string>);
  /** Lets this computer into a hardened account, 16 bytes; asked for when it is needed. */
  readonly enrolCode?: Bytes | null;
}

/** Logs in, as `openAccount`, for a command that works with the mailbox. */
export async function openMailbox(context: CommandContext, choice: LoginChoice): Promise<Mailbox> {
  return new Mailbox(await openAccount(context, choice));
}

/**
 * Logs in; asks for the password, about an unknown server, and for a device code when the options
 * do not say.
 *
 * @throws {ConnectError} {LoginError} {TrustError} and UsageError when there is nobody to ask.
 */
export async function openAccount(
  context: CommandContext,
  { address, user, config, password, enrolCode = null }: LoginChoice,
): Promise<Account> {
  const options = {
    ...{ address, user, config },
    password: onlyOnce(password ?? await passwordOf(context, user)),
    confirmServer: (server: UnknownServer) => confirmServer(context, server),
  };
  if (enrolCode !== null) return await login({ ...options, enrolCode });
  try {
    return await login(options);
  } catch (error) {
    if (!(error instanceof LoginError) || error.code !== "device_required") throw error;
    const prompter = terminal(context);
    if (prompter === null) throw error;
    await context.stderr(`${error.message}\n${error.hint ?? ""}\n`);
    const code = await askDeviceCode(prompter, (line) => context.stderr(`${line}\n`));
    return await login({ ...options, enrolCode: code });
  }
}

/** What the password file says, or how to ask when there is none. */
async function passwordOf(
  context: CommandContext,
  user: string,
): Promise<string | (() => Promise<string>)> {
  const file = context.options.text("password-file") ?? context.env("MAILSEC_PASSWORD_FILE");
  if (file !== undefined) return await readPasswordFile(file);
  return () => askPassword(terminal(context), user);
}

/** Asks at the first call only. */
function onlyOnce(password: string | (() => Promise<string>)): typeof password {
  if (typeof password === "string") return password;
  let typed: Promise<string> | undefined;
  return () => typed ??= password();
}

/** Decides about a server that was not met before: asks, unless `--yes` says so. */
export async function confirmServer(
  context: CommandContext,
  server: UnknownServer,
): Promise<boolean> {
  const place = escapeLine(`${server.host}, port ${server.port}`);
  await context.stderr(
    `You have not been connected to this server before: ${place}\n` +
      `Its fingerprint is\n  ${escapeLine(server.fingerprint)}\n`,
  );
  if (context.options.flag("yes")) {
    await context.stderr("It is trusted from now on, as --yes says.\n");
    return true;
  }
  const prompter = terminal(context);
  if (prompter === null) throw noTerminal("trust in this server", "--yes");
  await context.stderr("The administrator can tell you whether it is the right one.\n");
  return await confirm(prompter, "Trust it?", false);
}

/** Shows what takes its time while logging in or joining. */
export function showStep(context: CommandContext): (step: LoginStep) => void {
  const texts: Record<LoginStep, string> = {
    connecting: "Connecting…",
    making_keys: "Making your keys…",
    registering: "Registering…",
    recovering: "Setting the new password…",
    logging_in: "Logging in…",
  };
  return (step) => void context.stderr(`${texts[step]}\n`);
}

/** What is badly written on the command line is a usage error. */
export function asUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FormatError) throw new UsageError(error.message, error.hint);
    throw error;
  }
}
