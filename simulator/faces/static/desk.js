// The service desk: one tab is one agent.
import { startAbout } from "./desk-about.js";
import { startChat } from "./desk-chat.js";
import { startLine } from "./desk-line.js";
import { on, start, state } from "./desk-store.js";

const desk = document.getElementById("desk-face");
startLine(document.getElementById("desk-line"));
startChat(document.getElementById("desk-chat"));
startAbout(document.getElementById("desk-about"));
// On a narrow screen the list and the conversation take turns.
on("change", () => { desk.dataset.open = state.open ? "chat" : "list"; });
await start();
