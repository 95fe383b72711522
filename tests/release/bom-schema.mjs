/** The part of CycloneDX 1.6 that a release's bill of materials uses, as a JSON schema. */
const text = { type: "string", minLength: 1 };
const purl = { type: "string", pattern: "^pkg:(cargo|npm)/[^@\\s]+@\\d+\\.\\d+\\.\\d+\\S*$" };
const object = (properties) => ({ type: "object", properties, required: Object.keys(properties), additionalProperties: false });
const list = (items, more = {}) => ({ type: "array", items, ...more });

/** An SPDX expression of the identifiers that are in use. */
const expression = { type: "string", pattern: "^[\\w.+-]+|\\(.+\\)( (OR|AND|WITH) ([\\w.+-]+|\\(.+\\)))*$" };
const licenses = list(object({ expression }), { minItems: 1, maxItems: 1 });

const hash = {
  oneOf: [
    object({ alg: { const: "SHA-256" }, content: { type: "string", pattern: "^[0-9a-f]{64}$" } }),
    object({ alg: { const: "SHA-512" }, content: { type: "string", pattern: "^[0-9a-f]{128}$" } }),
  ],
};

export const BOM = object({
  bomFormat: { const: "CycloneDX" },
  specVersion: { const: "1.6" },
  serialNumber: { type: "string", pattern: "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" },
  version: { type: "integer", minimum: 1 },
  metadata: object({
    component: object({ type: { const: "application" }, "bom-ref": purl, name: text, version: text, description: text, licenses, purl }),
  }),
  components: list(
    object({
      type: { const: "library" },
      "bom-ref": purl,
      name: text,
      version: text,
      scope: { enum: ["required", "optional"] },
      hashes: list(hash, { minItems: 1 }),
      licenses,
      purl,
    }),
    { uniqueItems: true, minItems: 1 },
  ),
  dependencies: list(object({ ref: purl, dependsOn: list(purl, { uniqueItems: true }) })),
});
