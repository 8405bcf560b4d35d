// The floor of everything that reads a build: a bare loop that reads every file below a folder and looks at none of it.
import { readdirSync, readFileSync } from 'node:fs';

let bytes = 0;
function read(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory()) read(path);
    else bytes += readFileSync(path).length;
  }
}
read(process.argv[2]);
if (bytes === 0) process.exitCode = 1;
