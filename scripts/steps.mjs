/**
 * What a command shows of its steps: one line each, with the time it took, and on a terminal how far it
 * is. What the programs print goes to a file in `.tools/`, the end of which is shown when a step fails.
 * `VERBOSE=1` shows all of it instead.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";

import { Failure, ROOT, TOOLS, atExit, seconds } from "./process.mjs";

/** Whether all that programs print is shown. */
export const VERBOSE = !["", "0", undefined].includes(process.env.VERBOSE);

/** Lines of what a program printed that are shown when it fails. */
const TAIL_LINES = 40;
const BAR_WIDTH = 24;
const REDRAWN_EVERY_MS = 100;

const isLive = Boolean(process.stdout.isTTY) && process.env.TERM !== "dumb" && !VERBOSE;

/** The steps of one command; `name` is that of the file. */
export class Steps {
  #file;
  #log;
  #running = new Set();
  #drawnLines = 0;
  #timer;

  constructor(name) {
    mkdirSync(TOOLS, { recursive: true });
    this.#file = path.join(TOOLS, `${name}.log`);
    rmSync(this.#file, { force: true }); // Another command may still write to its own of this name.
    this.#log = openSync(this.#file, "w");
  }

  /**
   * Does `work`, which gets the step. `doing` and `done` are what it is called meanwhile and afterwards.
   * One that `mayBeNothing` is not shown until its `progress` is called; one that is `long` is announced.
   */
  async step({ doing, done, mayBeNothing = false, long = false }, work) {
    const step = new Step(this, { doing, long });
    if (!mayBeNothing) step.show();
    try {
      const result = await work(step);
      if (step.isShown) this.#print(`${done}${step.counted()} (${seconds(step.start)})`);
      return result;
    } finally {
      this.#running.delete(step);
      this.#redraw();
    }
  }

  /** Has the step's line drawn until it ends. */
  begin(step) {
    this.#running.add(step);
    if (!isLive) return step.long ? console.log(`${step.doing} …`) : undefined;
    this.#timer ??= setInterval(() => this.#redraw(), REDRAWN_EVERY_MS).unref();
    this.#redraw();
  }

  /** Writes what a program printed to the file. */
  log(text) {
    writeSync(this.#log, stripVTControlCharacters(text));
    if (VERBOSE) process.stderr.write(text);
  }

  /** Shows what must be seen although nothing failed: warnings. */
  tell(text) {
    if (!VERBOSE) this.#print(text);
  }

  /** The failure of a program that has printed `text`. */
  failure(what, text) {
    const lines = text.trimEnd().split("\n");
    const shown = VERBOSE ? [] : [...lines.slice(-TAIL_LINES), "", `All that it printed: ${path.relative(ROOT, this.#file)}`];
    return new Failure([what, ...shown].join("\n"));
  }

  close() {
    clearInterval(this.#timer);
    closeSync(this.#log);
  }

  #print(text) {
    this.#erase();
    console.log(text);
    this.#redraw();
  }

  #erase() {
    if (this.#drawnLines > 0) process.stdout.write(`\x1b[${this.#drawnLines}A\x1b[J`);
    this.#drawnLines = 0;
  }

  #redraw() {
    if (!isLive) return;
    this.#erase();
    const width = (process.stdout.columns || 80) - 1;
    for (const step of this.#running) process.stdout.write(`${step.line().slice(0, width)}\n`);
    this.#drawnLines = this.#running.size;
  }
}

class Step {
  isShown = false;
  start = performance.now();
  #steps;
  #made = 0;
  #finished = 0;
  #total;

  constructor(steps, { doing, long }) {
    this.#steps = steps;
    this.doing = doing;
    this.long = long;
  }

  show() {
    if (this.isShown) return;
    this.isShown = true;
    this.#steps.begin(this);
  }

  /**
   * How far it is: crates that are `finished`, those `made` anew among them, and how many there are, once
   * that is known.
   */
  progress({ finished, made, total }) {
    this.#finished = finished;
    this.#made = made;
    this.#total = total;
    this.show();
  }

  counted() {
    if (this.#made === 0) return "";
    return this.#made === 1 ? ": 1 crate" : `: ${this.#made} crates`;
  }

  line() {
    const share = this.#total ? Math.min(1, this.#finished / this.#total) : 0;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = this.#total ? `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}] ${this.#finished} of ${this.#total} crates, ` : "";
    return `${this.doing.padEnd(24)} ${bar}${seconds(this.start)}`;
  }

  log = (text) => this.#steps.log(text);
  tell = (text) => this.#steps.tell(text);
  failure = (what, text) => this.#steps.failure(what, text);

  /**
   * Runs a program in the project, to its end. `onStdout` gets what it writes there, which is logged
   * if there is none. Resolves to `{ code, text }`, the text being all that was logged.
   */
  async collect(program, args, { env = {}, signal, onStdout, onSpawn } = {}) {
    let text = "";
    const keep = (piece) => {
      text += piece;
      this.log(piece);
    };
    this.log(`$ ${program} ${args.join(" ")}\n`);
    const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], signal });
    const forget = atExit(() => child.kill());
    onSpawn?.(child);
    child.stdout.setEncoding("utf8").on("data", onStdout ?? keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    try {
      const code = await new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (status, killedBy) => resolve(status ?? killedBy));
      });
      return { code, text };
    } finally {
      forget();
    }
  }

  /** The same for one that must end well. */
  async run(program, args, options) {
    const { code, text } = await this.collect(program, args, options);
    if (code !== 0) throw this.failure(`${path.basename(program)} ${args[0]} ended with ${code}:`, text);
  }
}
