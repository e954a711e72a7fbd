/** The options that every command of the client understands. Part of the table: no code here. */

import type { Option } from "../../cli/command.ts";

export const PASSWORD_FILE: Option = {
  name: "password-file",
  value: "FILE",
  summary: "Read the password from the first line of a file that only you can read",
  env: "MAILSEC_PASSWORD_FILE",
  completes: "file",
};

export const CONFIG: Option = {
  name: "config",
  value: "DIR",
  summary: "Folder of the client's files",
  default: "$XDG_CONFIG_HOME/mailsec",
  env: "MAILSEC_CONFIG",
  completes: "directory",
};

export const YES: Option = {
  name: "yes",
  short: "y",
  summary: "Trust a server that is met for the first time without asking",
};

export const PORT: Option = {
  name: "port",
  short: "p",
  value: "PORT",
  summary: "The server's port",
  default: "12049",
  integer: { min: 1, max: 65_535 },
};

export const RECOVERY_FILE: Option = {
  name: "recovery-file",
  value: "FILE",
  summary: "Write the recovery code to a new file that only you can read",
  completes: "file",
};

export const CODE_FILE: Option = {
  name: "code-file",
  value: "FILE",
  summary: "Read the code from the first line of a file that only you can read",
  completes: "file",
};

export const JSON_OUTPUT: Option = {
  name: "json",
  summary: "Write JSON to standard output, everything else to standard error",
};

/** Which account a script means, and how it logs in. */
export const ACCOUNT: readonly Option[] = [
  {
    name: "server",
    value: "HOST[:PORT]",
    summary: "The server",
    default: "the one used last",
    env: "MAILSEC_SERVER",
  },
  {
    name: "user",
    value: "NAME",
    summary: "The user name",
    default: "the one used last",
    env: "MAILSEC_USER",
  },
  PASSWORD_FILE,
  CONFIG,
  YES,
];
