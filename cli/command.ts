/**
 * The types of the declarative command table.
 *
 * A {@linkcode Command} says everything about a command that is known without running it; parsing,
 * `--help`, "did you mean", shell completions and the reference page are made from it. The code of
 * a command is loaded only when it runs.
 */

/** A positional argument. */
export interface Argument {
  /** Key of the value in {@linkcode ParsedArguments}; shown in upper case. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** May be left out. Only the last arguments of a command may be optional. */
  readonly optional?: boolean;
  /** Takes all the remaining values. Only the last argument of a command may. */
  readonly repeated?: boolean;
  /** The values that are accepted; anything else is a usage error. */
  readonly choices?: readonly string[];
  /** What the shell offers when it completes the value. Nothing unless told. */
  readonly completes?: "file" | "directory";
}

/** An option, `--name` or `--name VALUE`. */
export interface Option {
  /** The long name without its dashes; also the key in {@linkcode ParsedOptions}. */
  readonly name: string;
  /** One letter, without its dash. */
  readonly short?: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** Placeholder of the value (`FILE`, `PORT`); left out: a switch that takes none. */
  readonly value?: string;
  /** The values that are accepted; anything else is a usage error. */
  readonly choices?: readonly string[];
  /** A whole number in these bounds, both included; anything else is a usage error. */
  readonly integer?: { readonly min: number; readonly max: number };
  /** May be given more than once; read with {@linkcode ParsedOptions.all}. */
  readonly repeatable?: boolean;
  /** What counts when the option is not given, as text for `--help` only. */
  readonly default?: string;
  /** Environment variable that counts when the option is not given, for `--help` only. */
  readonly env?: string;
  /** What the shell offers when it completes the value. */
  readonly completes?: "file" | "directory";
}

/** A worked example in `--help`. */
export interface Example {
  /** The whole command line. */
  readonly command: string;
  /** What it does. */
  readonly summary: string;
}

/** What a command's module exports. */
export interface CommandModule {
  /** Runs the command. Returns the exit code, nothing for 0; throws a typed error for others. */
  run(context: CommandContext): Promise<number | void>;
}

/** One command, or with `subcommands` a group of commands. */
export interface Command {
  readonly name: string;
  /** One line, shown in the list of commands. */
  readonly summary: string;
  /** Further paragraphs for the command's own `--help`; lines are wrapped for the terminal. */
  readonly description?: readonly string[];
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  readonly examples?: readonly Example[];
  readonly subcommands?: readonly Command[];
  /** Name of the subcommand that runs when none is named. */
  readonly default?: string;
  /** Whether it may run other programs; one that does not say so cannot. */
  readonly runs?: true;
  /** Loads the code. A command without subcommands must have it. */
  readonly load?: () => Promise<CommandModule>;
}

/** The whole tool: the root of the command table. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
  readonly examples?: readonly Example[];
  /** Paragraphs shown at the end of the tool's own `--help`. */
  readonly notes?: readonly string[];
}

/** The positional values of a command line, checked against the table. */
export interface ParsedArguments {
  /** The value of a required argument. */
  one(name: string): string;
  /** The value of an optional argument. */
  maybe(name: string): string | undefined;
  /** All values of a repeated argument, in order. */
  all(name: string): readonly string[];
}

/**
 * The options of a command line, checked against the table. Asking for an option that the command
 * did not declare is a mistake in the program and throws a TypeError.
 */
export interface ParsedOptions {
  /** The value of an option that takes one, or undefined when it was not given. */
  text(name: string): string | undefined;
  /** The value of an option declared with `integer`. */
  integer(name: string): number | undefined;
  /** Whether a switch was given. */
  flag(name: string): boolean;
  /** All values of a repeatable option, in order. */
  all(name: string): readonly string[];
}

/** The process's streams, terminal and environment. */
export interface CommandLineIo {
  /** Writes to standard output as it is: no line end is added, nothing escaped. */
  stdout(text: string | Uint8Array): Promise<void>;
  /** Writes to standard error as it is. */
  stderr(text: string): Promise<void>;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Width of the terminal in columns; 80 when there is none. */
  readonly columns: number;
  /**
   * Asks whoever sits at the terminal, without showing what is typed; null when nobody does.
   * Throws an error with exit code 130 on Ctrl-C and Ctrl-D.
   */
  askSecret(question: string): Promise<string | null>;
  /** An environment variable; undefined when unset, empty or not permitted. */
  env(name: string): string | undefined;
  /** Gives up, for good, the permission to run other programs. */
  giveUpRunning?(): void;
}

/** What a running command is given of the world. */
export interface CommandContext extends CommandLineIo {
  readonly args: ParsedArguments;
  readonly options: ParsedOptions;
  /** The command's full name, for messages: `mailsec user invite`. */
  readonly commandName: string;
  readonly program: Program;
  /** Whether colours may be written to this stream (NO_COLOR, TERM=dumb, not a terminal: no). */
  colour(stream: "stdout" | "stderr"): boolean;
}
