// Runs the layer law and refuses a run that read nothing: an unsupported TypeScript makes the checker pass on zero modules.
import { cruise } from "dependency-cruiser";
import extractOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";

const options = await extractOptions("./.dependency-cruiser.cjs");
const { output } = await cruise(["src"], { ...options, validate: true }, undefined, {
  tsConfig: extractTSConfig("./tsconfig.json"),
});
const { violations, totalCruised } = output.summary;
for (const { rule, from, to } of violations) console.error(`${rule.severity} ${rule.name}: ${from} -> ${to}`);
console.log(`layers: ${totalCruised} modules, ${violations.length} violations`);
process.exit(totalCruised > 0 && violations.every(({ rule }) => rule.severity !== "error") ? 0 : 1);
