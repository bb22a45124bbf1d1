/* Every street of an area on canvas tiles. Streets are drawn by rank, all of one rank in one
   stroke; a few milliseconds a frame, so that the map moves while tiles are still being drawn.
   Words from the data become text nodes only. */
(function () {
  "use strict";
  var holder = document.getElementById("map");
  var says = document.getElementById("map-says");
  var FRAME_MS = 6;
  var TILE = 256;
  var CELLS = 64;
  var RANKS = [
    { band: -1, colour: "#8a8f98", width: 1, dash: [3, 3] },
    { band: 0, colour: "#a6a39c", width: 1 },
    { band: 1, colour: "#a8893c", width: 1.6 },
    { band: 2, colour: "#d07a1e", width: 2.2 },
    { band: 3, colour: "#b8461f", width: 3 },
    { band: 4, colour: "#7a1414", width: 4 }
  ];

  /* Points on the world of one tile (Web Mercator), each street's box, and a grid to find them. */
  function lay(data) {
    var n = data.lines.length, total = 0, i;
    for (i = 0; i < n; i++) { total += data.lines[i].length / 2; }
    var streets = {
      data: data, n: n, x: new Float64Array(total), y: new Float64Array(total),
      from: new Int32Array(n + 1), box: new Float64Array(4 * n), seen: new Int32Array(n), stamp: 0,
      all: [Infinity, Infinity, -Infinity, -Infinity]
    };
    var at = 0;
    for (i = 0; i < n; i++) {
      var line = data.lines[i], lon = 0, lat = 0;
      var box = [Infinity, Infinity, -Infinity, -Infinity];
      streets.from[i] = at;
      for (var j = 0; j < line.length; j += 2) {
        lon += line[j]; lat += line[j + 1];
        var sin = Math.sin(lat / data.scale * Math.PI / 180);
        var x = TILE * (lon / data.scale / 360 + 0.5);
        var y = TILE * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI));
        streets.x[at] = x; streets.y[at] = y; at++;
        box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
      }
      streets.box.set(box, 4 * i);
      for (var side = 0; side < 2; side++) {
        streets.all[side] = Math.min(streets.all[side], box[side]);
        streets.all[side + 2] = Math.max(streets.all[side + 2], box[side + 2]);
      }
    }
    streets.from[n] = at;
    streets.cells = fill(streets);
    return streets;
  }

  function cellOf(streets, x, y) {
    var all = streets.all;
    var column = Math.floor((x - all[0]) / (all[2] - all[0] || 1) * CELLS);
    var row = Math.floor((y - all[1]) / (all[3] - all[1] || 1) * CELLS);
    return [Math.max(0, Math.min(CELLS - 1, column)), Math.max(0, Math.min(CELLS - 1, row))];
  }

  function fill(streets) {
    var cells = [];
    for (var k = 0; k < CELLS * CELLS; k++) { cells.push([]); }
    for (var i = 0; i < streets.n; i++) {
      var low = cellOf(streets, streets.box[4 * i], streets.box[4 * i + 1]);
      var high = cellOf(streets, streets.box[4 * i + 2], streets.box[4 * i + 3]);
      for (var row = low[1]; row <= high[1]; row++) {
        for (var column = low[0]; column <= high[0]; column++) { cells[row * CELLS + column].push(i); }
      }
    }
    return cells;
  }

  /* The streets whose box meets a box, by rank. */
  function within(streets, box) {
    var found = RANKS.map(function () { return []; });
    if (!streets.n || box[0] > streets.all[2] || box[2] < streets.all[0] ||
        box[1] > streets.all[3] || box[3] < streets.all[1]) { return found; }
    var low = cellOf(streets, box[0], box[1]), high = cellOf(streets, box[2], box[3]);
    var stamp = ++streets.stamp;
    for (var row = low[1]; row <= high[1]; row++) {
      for (var column = low[0]; column <= high[0]; column++) {
        var cell = streets.cells[row * CELLS + column];
        for (var k = 0; k < cell.length; k++) {
          var i = cell[k];
          if (streets.seen[i] === stamp) { continue; }
          streets.seen[i] = stamp;
          if (streets.box[4 * i] <= box[2] && streets.box[4 * i + 2] >= box[0] &&
              streets.box[4 * i + 1] <= box[3] && streets.box[4 * i + 3] >= box[1]) {
            found[streets.data.bands[i] + 1].push(i);
          }
        }
      }
    }
    return found;
  }

  function trace(context, streets, which, scale, left, top) {
    context.beginPath();
    for (var k = 0; k < which.length; k++) {
      var i = which[k], first = streets.from[i], last = streets.from[i + 1] - 1;
      // what is smaller than a few points needs its ends only
      var size = Math.max(streets.box[4 * i + 2] - streets.box[4 * i],
                          streets.box[4 * i + 3] - streets.box[4 * i + 1]) * scale;
      context.moveTo(streets.x[first] * scale - left, streets.y[first] * scale - top);
      if (size > 6) {
        for (var j = first + 1; j < last; j++) {
          context.lineTo(streets.x[j] * scale - left, streets.y[j] * scale - top);
        }
      }
      context.lineTo(streets.x[last] * scale - left, streets.y[last] * scale - top);
    }
    context.stroke();
  }

  function widen(zoom) { return Math.max(0.5, Math.min(2.5, Math.pow(2, (zoom - 15) / 2))); }

  var Streets = L.GridLayer.extend({
    initialize: function (streets, corridor) {
      L.GridLayer.prototype.initialize.call(this, { updateWhenZooming: false, keepBuffer: 3 });
      this._streets = streets;
      this._corridor = corridor;
      this._waiting = [];
    },
    createTile: function (coords, done) {
      var tile = document.createElement("canvas");
      var dense = Math.min(2, window.devicePixelRatio || 1);
      tile.width = TILE * dense; tile.height = TILE * dense;
      this._waiting.push(function () { this._draw(tile, coords, dense); done(null, tile); }.bind(this));
      this._wake();
      return tile;
    },
    _wake: function () {
      if (this._frame) { return; }
      this._frame = requestAnimationFrame(function () {
        this._frame = 0;
        var until = performance.now() + FRAME_MS;
        while (this._waiting.length && performance.now() < until) { this._waiting.shift()(); }
        if (this._waiting.length) { this._wake(); } else { holder.dataset.drawn = "1"; }
      }.bind(this));
    },
    _draw: function (tile, coords, dense) {
      var scale = Math.pow(2, coords.z), left = coords.x * TILE, top = coords.y * TILE, edge = 12;
      var context = tile.getContext("2d");
      context.scale(dense, dense);
      context.lineCap = "round"; context.lineJoin = "round";
      var found = within(this._streets, [
        (left - edge) / scale, (top - edge) / scale,
        (left + TILE + edge) / scale, (top + TILE + edge) / scale
      ]);
      var wide = widen(coords.z), corridor = this._corridor;
      var walked = [].concat.apply([], found).filter(function (i) { return corridor[i]; });
      context.strokeStyle = "#0b4f9e"; context.globalAlpha = 0.85; context.lineWidth = 9 * wide;
      trace(context, this._streets, walked, scale, left, top);
      context.globalAlpha = 1;
      RANKS.forEach(function (rank, n) {
        context.strokeStyle = rank.colour;
        context.lineWidth = rank.width * wide;
        context.setLineDash(rank.dash || []);
        trace(context, this._streets, found[n], scale, left, top);
      }, this);
    }
  });

  /* The street nearest to a place, within some points of the screen. */
  function nearest(streets, x, y, reach) {
    var best = -1, least = reach * reach;
    within(streets, [x - reach, y - reach, x + reach, y + reach]).forEach(function (which) {
      which.forEach(function (i) {
        for (var j = streets.from[i]; j < streets.from[i + 1] - 1; j++) {
          var dx = streets.x[j + 1] - streets.x[j], dy = streets.y[j + 1] - streets.y[j];
          var along = ((x - streets.x[j]) * dx + (y - streets.y[j]) * dy) / (dx * dx + dy * dy || 1);
          along = Math.max(0, Math.min(1, along));
          var away = Math.pow(streets.x[j] + along * dx - x, 2) + Math.pow(streets.y[j] + along * dy - y, 2);
          if (away < least) { least = away; best = i; }
        }
      });
    });
    return best;
  }

  var WORDS = ["not known", "none recorded", "lower half", "middle", "high", "highest twentieth"];

  function show(data) {
    var streets = lay(data), corridor = new Uint8Array(streets.n);
    Object.keys(data.corridors).forEach(function (key) {
      data.corridors[key].forEach(function (i) { corridor[i] = 1; });
    });
    var map = L.map(holder, { attributionControl: false, maxZoom: 19, minZoom: 9 });
    function latlng(x, y) { return L.CRS.EPSG3857.pointToLatLng(L.point(x, y), 0); }
    function bounds(box) { return L.latLngBounds(latlng(box[0], box[1]), latlng(box[2], box[3])); }
    map.fitBounds(bounds(streets.all));
    new Streets(streets, corridor).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    map.on("click", function (event) {
      var at = L.CRS.EPSG3857.latLngToPoint(event.latlng, 0);
      var i = nearest(streets, at.x, at.y, 10 / Math.pow(2, map.getZoom()));
      if (i < 0) { return; }
      var node = document.createElement("div"), name = document.createElement("strong");
      name.textContent = data.names[data.name_of[i]] || "A street without a name";
      node.appendChild(name);
      node.appendChild(document.createElement("br"));
      node.appendChild(document.createTextNode(WORDS[data.bands[i] + 1] + (corridor[i] ? ", on a corridor" : "")));
      L.popup().setLatLng(event.latlng).setContent(node).openOn(map);
    });
    document.querySelectorAll("[data-corridor]").forEach(function (link) {
      link.addEventListener("click", function (event) {
        var which = data.corridors[link.dataset.corridor] || [];
        if (!which.length) { return; }
        event.preventDefault();
        var box = [Infinity, Infinity, -Infinity, -Infinity];
        which.forEach(function (i) {
          box = [Math.min(box[0], streets.box[4 * i]), Math.min(box[1], streets.box[4 * i + 1]),
                 Math.max(box[2], streets.box[4 * i + 2]), Math.max(box[3], streets.box[4 * i + 3])];
        });
        map.fitBounds(bounds(box), { maxZoom: 17 });
        holder.focus();
      });
    });
    says.textContent = streets.n.toLocaleString("en-GB") + " pieces of street. Choose one for its name.";
    holder.dataset.map = "drawn";
  }

  says.textContent = "The map is being loaded.";
  fetch(holder.dataset.streets, { credentials: "same-origin" }).then(function (answer) {
    if (!answer.ok) { throw new Error(String(answer.status)); }
    return answer.json();
  }).then(show).catch(function () {
    says.textContent = "The map could not be loaded. Load the page again; the list below holds the same.";
  });
}());
