#!/usr/bin/env node
/** The `bakehouse` command. The exit code is set, not forced: output still on its way is written first. */
import { processIo } from './io.ts';
import { runCli } from './program.ts';

process.exitCode = await runCli(process.argv.slice(2), processIo());
