/** @file `becausal COMMAND`: the engine in Node. Exit codes: 0 done, 1 failed, 2 called wrongly. */
import { describeFailure, type Failure, toFailure } from "../core/failure.ts";
import { auditCommand } from "./audit.ts";
import type { Command } from "./command.ts";
import { evaluateCommand } from "./evaluate.ts";
import { explainCommand } from "./explain.ts";
import { nextTokenCommand } from "./next-token.ts";
import { opeCommand } from "./ope.ts";
import { recommendCommand } from "./recommend.ts";
import { tasteCommand } from "./taste.ts";
import { UsageError } from "./usage.ts";

const COMMANDS: readonly Command[] = [
  recommendCommand,
  explainCommand,
  auditCommand,
  evaluateCommand,
  nextTokenCommand,
  opeCommand,
  tasteCommand,
];

const HELP = `Usage: becausal COMMAND [options]

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join("\n")}

becausal COMMAND --help shows a command's options.`;

async function main([name, ...args]: readonly string[]): Promise<{
  text: string;
  failed?: string;
  code: number;
}> {
  if (name === "--help" || name === "-h" || name === "help") return { text: HELP, code: 0 };
  const command = COMMANDS.find((each) => each.name === name);
  const hint = `\`becausal ${command === undefined ? "" : `${command.name} `}--help\` shows what is possible.`;
  try {
    if (command === undefined)
      throw new UsageError(name === undefined ? "no command was given" : `there is no command "${name}"`);
    if (args.includes("--help") || args.includes("-h")) return { text: command.help, code: 0 };
    return { text: await command.run(args), code: 0 };
  } catch (thrown) {
    if (thrown instanceof UsageError) return { text: "", failed: `${thrown.message}. ${hint}`, code: 2 };
    return { text: "", failed: sayFailure(toFailure(thrown)), code: 1 };
  }
}

/** As everywhere, but files are on this disk and not beside a page. */
function sayFailure(failure: Failure): string {
  return failure.kind === "file-missing"
    ? `${failure.file} could not be read. Check the path and that the file is there.`
    : describeFailure(failure);
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  // The callback runs once the text has left, which a pipe's reader going away also ends.
  return new Promise((resolve) => stream.write(text, () => resolve()));
}

process.stdout.on("error", () => process.exit(1));
const { text, failed, code } = await main(process.argv.slice(2));
if (failed !== undefined) await write(process.stderr, `becausal: ${failed}\n`);
else await write(process.stdout, `${text}\n`);
// A GPU device keeps the process alive after the answer.
process.exit(code);
