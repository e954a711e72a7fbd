/** Options that several of the server's commands have. */

import type { Option } from "../cli/command.ts";

const DATA: Option = {
  name: "data",
  summary: "The server's data folder",
  value: "DIR",
  default: "./mailsec-data",
  env: "MAILSEC_DATA",
  completes: "directory",
};

/** For a server whose keys are sealed. */
export const KEY_PASSPHRASE: Option = {
  name: "key-passphrase-file",
  summary: "File with the pass phrase of server.key",
  value: "FILE",
  default: "asked for, if there is one",
  env: "MAILSEC_KEY_PASSPHRASE_FILE",
  completes: "file",
};

/** Which data folder, and how to open it. */
export const DATA_FOLDER: readonly Option[] = [DATA, KEY_PASSPHRASE];

export const JSON_OUTPUT: Option = { name: "json", summary: "Write JSON to standard output" };
