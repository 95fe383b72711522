/**
 * The tools that the rows of the table declare. Between them they have a parameter of every type, and
 * the forms whose values have no types of their own are read by these schemas.
 */
const object = (properties, required = []) => ({ type: "object", properties, required });
const string = { type: "string" };

export const TOOLS = [
  {
    name: "get_weather",
    description: "Tells the weather",
    parameters: object({ city: string, days: { type: "integer" }, metric: { type: "boolean" } }, ["city"]),
  },
  {
    name: "write_file",
    description: "Writes a file",
    parameters: object({ path: string, text: string }, ["path", "text"]),
  },
  {
    name: "search_notes",
    description: "Searches notes",
    parameters: object(
      {
        query: string,
        limit: { type: "integer" },
        ratio: { type: "number" },
        exact: { type: "boolean" },
        tags: { type: "array", items: string },
        filter: { type: ["object", "null"] },
      },
      ["query"],
    ),
  },
  { name: "now", description: "Tells the time", parameters: object({}) },
];

/** Calls as the table's rows expect them. */
export const call = (name, args = {}) => ({ name, arguments: args });

export const PARIS = call("get_weather", { city: "Paris" });
export const ROME = call("get_weather", { city: "Rome" });
