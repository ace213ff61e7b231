import description from "../../../libs/contracts/src/headwater/contracts/openapi.json";

interface Operation {
  parameters: { name: string; in: string }[];
}

const paths = Object.entries(description.paths as Record<string, Record<string, Operation>>).map(([path, operations]) => ({
  pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, "[^/]+")}$`),
  operations,
}));

/** Parameters of a request that its route does not declare; the server refuses them, and so does the story. */
export function undeclared(method: string, url: URL): string[] {
  const operation = paths.find(({ pattern }) => pattern.test(url.pathname))?.operations[method.toLowerCase()];
  const known = new Set(operation?.parameters.filter((p) => p.in === "query").map((p) => p.name));
  return [...url.searchParams.keys()].filter((name) => !known.has(name));
}
