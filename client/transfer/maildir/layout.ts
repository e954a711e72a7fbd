/** Where the files of an exported Maildir are. */

import type { FileLayout } from "../file_sink.ts";
import { maildirFileName, parseMaildirFileName } from "./file_names.ts";
import { maildirFolder } from "./folder_names.ts";

export const maildirLayout: FileLayout = {
  temporary: "tmp",
  always: ["cur", "new", "tmp"],
  foldersFor: (name) => ["cur", "new", "tmp"].map((part) => inFolder(name, part)),
  // A Maildir++ marks its subfolders so.
  extrasFor: (name) => maildirFolder(name) === "" ? [] : [inFolder(name, "maildirfolder")],
  fileName: (mail, key) => maildirFileName(key, mail),
  keyOf: (fileName) => parseMaildirFileName(fileName).key,
};

function inFolder(name: string, part: string): string {
  const folder = maildirFolder(name);
  return folder === "" ? part : `${folder}/${part}`;
}
