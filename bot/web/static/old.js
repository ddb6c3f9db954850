// Where the page's own code cannot run (an old browser, a broken download), say so and name 112. Written so that any browser reads it.

addEventListener("load", function () {
  var log = document.getElementById("log");
  if (!log.querySelector("noscript")) return; // chat.js has taken it away: all is well
  log.appendChild(document.importNode(document.getElementById("old").content, true));
  log.setAttribute("aria-busy", "false");
});
