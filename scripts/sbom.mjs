/** The bill of materials of a release: CycloneDX 1.6, as JSON. */
import { createHash } from "node:crypto";

/**
 * Of the program `{ name, version, description, license }` with the `items` in it (contents.mjs). The
 * same contents make the same bytes: there is no time in it, and its number is made of what it says.
 */
export function sbom({ name, version, description, license }, items) {
  const root = `pkg:npm/${name}@${version}`;
  const inner = new Set(items.flatMap(({ needs }) => needs));
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: { type: "application", "bom-ref": root, name, version, description, licenses: [{ expression: license }], purl: root },
    },
    components: items.map((item) => ({
      type: "library",
      "bom-ref": item.purl,
      name: item.name,
      version: item.version,
      scope: item.optional ? "optional" : "required",
      hashes: [item.hash],
      licenses: [{ expression: item.license }],
      purl: item.purl,
    })),
    dependencies: [
      { ref: root, dependsOn: items.map(({ purl }) => purl).filter((purl) => !inner.has(purl)) },
      ...items.map(({ purl, needs }) => ({ ref: purl, dependsOn: needs.filter((each) => each !== purl) })),
    ],
  };
  const digest = createHash("sha256").update(JSON.stringify(document)).digest("hex");
  // A number in the form of a UUID of version 8, whose bits are free.
  const uuid = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`, digest.slice(20, 32)].join("-");
  const { bomFormat, specVersion, ...rest } = document;
  return `${JSON.stringify({ bomFormat, specVersion, serialNumber: `urn:uuid:${uuid}`, ...rest }, null, 2)}\n`;
}
