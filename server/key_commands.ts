/** The rows of the command table that concern the server's keys. */

import type { Command } from "../cli/command.ts";
import { DATA_FOLDER, JSON_OUTPUT } from "./command_options.ts";

export const server: Command = {
  name: "server",
  summary: "Manage the server's keys",
  description: [
    "To be run on the server's machine, by the user that owns the data folder.",
  ],
  subcommands: [
    {
      name: "rotate",
      summary: "Replace the key that clients encrypt to",
      description: [
        "The server does so by itself every 90 days; do it at once when somebody may have seen " +
        "server.key or a backup of it. With the server running or not. The fingerprint stays: it " +
        "belongs to the root key, which is never replaced.",
      ],
      options: [...DATA_FOLDER, JSON_OUTPUT],
      examples: [{ command: "mailsec server rotate", summary: "A new key, now" }],
      load: () => import("./commands/server_rotate.ts"),
    },
    {
      name: "passphrase",
      summary: "Seal server.key with a pass phrase, change it or take it away",
      description: [
        "With a pass phrase, a stolen disk or backup gives neither the server's keys nor what they " +
        "open; but the server cannot start without somebody, or a file, to tell the phrase. The " +
        "server must not be running.",
        "Copies of server.key made before stay as they are: destroy them.",
      ],
      options: [
        { name: "remove", summary: "Leave server.key without a pass phrase" },
        {
          name: "new-passphrase-file",
          summary: "File with the new pass phrase",
          value: "FILE",
          default: "asked for, twice",
          completes: "file",
        },
        ...DATA_FOLDER,
        JSON_OUTPUT,
      ],
      examples: [
        { command: "mailsec server passphrase", summary: "Asks for the phrase, and again" },
      ],
      load: () => import("./commands/server_passphrase.ts"),
    },
  ],
};
