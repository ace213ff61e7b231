/** Requests typed by the API description: a path, path parameter or query parameter that is not in it does not compile. */
import type { paths } from "./schema.gen";

type Method = "GET" | "POST" | "DELETE";
type Described = keyof paths;
type Operation<P extends Described, M extends Method> = paths[P][Lowercase<M>];

/** Paths below /api/v1 with a given method. Catch-all paths are excluded, as they would accept every misspelling. */
export type PathOf<M extends Method> = {
  [P in Described]: P extends `${string}{rest}` ? never : P extends `/api/v1${infer Path}` ? (Operation<P, M> extends undefined ? never : Path) : never;
}[Described];

type Names<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
/** Absent, null and empty values are omitted from the query string. */
type QueryOf<Path extends string, M extends Method> = `/api/v1${Path}` extends infer P extends Described
  ? Operation<P, M> extends { parameters: { query?: infer Query } }
    ? { [Name in keyof Query]?: Query[Name] | null }
    : never
  : never;
type Parts<Path extends string, M extends Method> = [Names<Path>] extends [never]
  ? [parts?: { query?: QueryOf<Path, M>; body?: unknown }]
  : [parts: { params: Record<Names<Path>, string>; query?: QueryOf<Path, M>; body?: unknown }];

declare const described: unique symbol;

/** Created only by `get`, `post` and `remove`. */
export interface Request {
  readonly path: string;
  readonly method: Method;
  readonly query?: object;
  readonly body?: unknown;
  readonly [described]: true;
}

interface AnyParts {
  params?: Record<string, string>;
  query?: object;
  body?: unknown;
}

function request(method: Method, path: string, { params = {}, query, body }: AnyParts = {}): Request {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  return { path: filled, method, query, body } as Request;
}

export function get<Path extends PathOf<"GET">>(path: Path, ...[parts]: Parts<Path, "GET">): Request {
  return request("GET", path, parts);
}

export function post<Path extends PathOf<"POST">>(path: Path, ...[parts]: Parts<Path, "POST">): Request {
  return request("POST", path, parts);
}

export function remove<Path extends PathOf<"DELETE">>(path: Path, ...[parts]: Parts<Path, "DELETE">): Request {
  return request("DELETE", path, parts);
}
