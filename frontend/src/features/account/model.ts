import type { Problem } from "@/lib/api/problem";

/** Where to go after signing in: only a path within the dashboard, never another site. */
export function safeReturn(text: string | null): string {
  if (!text || !/^\/(?![/\\])/.test(text)) return "/";
  return text.startsWith("/login") ? "/" : text;
}

/** The error text of the login form. A wrong name and a wrong password give the same text. */
export function loginMessage(problem: Problem): string {
  if (problem.status === 401) return "The user name or the password is wrong.";
  const wait = problem.retryAfter ? `Try again in ${String(Math.ceil(problem.retryAfter))} s.` : null;
  if (problem.status === 429) return `Too many attempts. ${wait ?? "Try again later."}`;
  return [`${problem.title}.`, wait ?? problem.detail].filter(Boolean).join(" ");
}
