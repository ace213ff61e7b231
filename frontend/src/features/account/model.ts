import type { Problem } from "@/lib/api/problem";

/** Where to go after signing in: an address of our own, never one that leads away. */
export function safeReturn(text: string | null): string {
  if (!text || !/^\/(?![/\\])/.test(text)) return "/";
  return text.startsWith("/login") ? "/" : text;
}

/** What the login form says about a failure. A wrong name and a wrong password read the same. */
export function loginMessage(problem: Problem): string {
  if (problem.status === 401) return "The user name or the password is wrong.";
  const wait = problem.retryAfter ? `Try again in ${String(Math.ceil(problem.retryAfter))} s.` : null;
  if (problem.status === 429) return `Too many attempts. ${wait ?? "Try again later."}`;
  return [`${problem.title}.`, wait ?? problem.detail].filter(Boolean).join(" ");
}
