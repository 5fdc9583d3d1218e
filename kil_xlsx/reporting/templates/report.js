"use strict";
(function () {
  var all = function (selector, within) {
    return Array.prototype.slice.call((within || document).querySelectorAll(selector));
  };

  // Choosing a type of respondent or a group hides the others.
  all("select[data-shows]").forEach(function (chooser) {
    var panels = all(chooser.getAttribute("data-shows"));
    var status = document.getElementById(chooser.id + "-status");
    var show = function (told) {
      panels.forEach(function (panel) {
        panel.hidden = chooser.value !== "" && panel.getAttribute("data-id") !== chooser.value;
        if (panel.tagName === "DETAILS") { panel.open = chooser.value !== "" && !panel.hidden; }
      });
      if (told && status) { status.textContent = "Showing: " + chooser.options[chooser.selectedIndex].text; }
    };
    chooser.addEventListener("change", function () { show(true); });
    chooser.closest(".chooser").hidden = false;
    show(false);
  });

  // A link to something that is hidden or folded brings it out first.
  var reveal = function () {
    var target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    if (!target) { return; }
    var hidden = target.closest("[hidden]");
    if (hidden) {
      all("select[data-shows]").forEach(function (chooser) {
        if (hidden.matches(chooser.getAttribute("data-shows"))) {
          chooser.value = "";
          chooser.dispatchEvent(new Event("change"));
        }
      });
    }
    var folded = target.closest("details");
    if (folded) { folded.open = true; }
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  // All tables at once.
  all("button[data-tables]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var open = button.getAttribute("data-tables") === "open";
      all("details.table").forEach(function (each) { each.open = open; });
    });
  });

  // On paper, the tables behind the charts are unfolded; groups are printed as they were chosen.
  var unfolded = [];
  window.addEventListener("beforeprint", function () {
    unfolded = all("details.table").filter(function (each) { return !each.open && !each.closest("details.group"); });
    unfolded.forEach(function (each) { each.open = true; });
  });
  window.addEventListener("afterprint", function () {
    unfolded.forEach(function (each) { each.open = false; });
  });
}());
