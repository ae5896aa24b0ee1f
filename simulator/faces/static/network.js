// Calls of the control API.  An error is thrown as `Error` whose message a person can read.
import { t } from "./language.js";

// api("travellers") gets /sim/travellers; api("travellers", { body: {…} }) posts; { method: "DELETE" } …
export async function api(path, options = {}) {
  const { body, query, signal } = options;
  const method = options.method ?? (body === undefined ? "GET" : "POST");
  const asked = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== ""));
  const address = `/sim/${path}${asked.size ? `?${asked}` : ""}`;
  const sends = method !== "GET" && method !== "HEAD";
  let response;
  try {
    response = await fetch(address, {
      method, signal, cache: "no-store",
      headers: sends ? { "Content-Type": "application/json" } : {},
      body: sends ? JSON.stringify(body ?? {}) : undefined,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(t("连不上模拟平台，请确认它正在运行", "The simulator does not answer; check that it is running"));
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const failure = new Error(answer.error || t(`请求失败（HTTP ${response.status}）`, `Request failed (HTTP ${response.status})`));
  failure.status = response.status;
  failure.code = answer.errcode;
  throw failure;
}

// The object with only the fields that have a value.
export function picked(facts) {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined && value !== "" && value !== null));
}
