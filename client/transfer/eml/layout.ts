/** Where exported .eml files are: a folder for each folder of the mailbox. */

import type { FileLayout } from "../file_sink.ts";
import { folderPath } from "../folder_paths.ts";
import { emlFileName, parseEmlFileName } from "./file_names.ts";

export const emlLayout: FileLayout = {
  temporary: ".unfinished",
  always: [],
  foldersFor: (name) => [folderPath(name)],
  extrasFor: () => [],
  fileName: (mail, key) => emlFileName({ ...mail, key }),
  keyOf: (fileName) => parseEmlFileName(fileName)?.key ?? null,
};
