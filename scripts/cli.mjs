#!/usr/bin/env node
/** `npx degpt-edge [COMMAND]`: the commands of a release. */
import { readFileSync } from "node:fs";

const COMMANDS = {
  start: "serve with live DeGPT behind it; settings are environment variables (the default)",
  demo: "serve with a stand-in for DeGPT behind it: no account, no network",
  deploy: "deploy to Cloudflare; options are those of `wrangler deploy`",
};

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

const HELP = `degpt-edge ${version}: DeGPT for OpenAI and Anthropic clients

  degpt-edge [start]    ${COMMANDS.start}
  degpt-edge demo       ${COMMANDS.demo}
  degpt-edge deploy     ${COMMANDS.deploy}

API_KEYS has the keys that clients may use: API_KEYS=… npx degpt-edge`;

const [asked = "start", ...rest] = process.argv.slice(2);
if (Object.hasOwn(COMMANDS, asked)) {
  process.argv.splice(2, process.argv.length, ...rest);
  await import(`./${asked}.mjs`);
} else if (["help", "--help", "-h"].includes(asked)) {
  console.log(HELP);
} else if (["version", "--version", "-v"].includes(asked)) {
  console.log(version);
} else {
  console.error(`There is no command "${asked}".\n\n${HELP}`);
  process.exit(1);
}
