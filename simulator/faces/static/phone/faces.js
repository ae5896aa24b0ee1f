// Accounts' faces: a round plate with the account's first character, so that it is no traveller's.
import { avatar } from "../base.js";

export const accountFace = (account, size = "") => {
  const face = avatar(account.name.slice(0, 1) || "?", account.kind === "service" ? "#0f6b5c" : "#8a5a16", size);
  face.classList.add("account");
  return face;
};
