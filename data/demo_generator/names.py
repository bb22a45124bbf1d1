"""Names of streets: invented, plausible, and each used once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Namer"]

_FIRST = """
Abbot Alder Almond Anchor Anvil Arbour Arden Ash Aspen Baker Balmer Barley Barnfield Basin Beacon
Bedlow Beech Bell Birch Bishop Blacksmith Bramble Brewer Briar Brook Broom Buckler Bulrush Burnet
Campion Candle Canon Carder Carter Cedar Chandler Chantry Chapel Charlock Cherry Chestnut Clover
Cobbler Colley Comfrey Cooper Copper Coppice Cornflower Cowslip Crane Cress Crocus Crossley Curlew
Cutler Cygnet Cypress Dairy Damson Darnley Dove Drover Dunlin Eider Elder Elm Ember Fairfax Falcon
Farrier Fennel Fern Ferryman Field Finch Fletcher Flint Forge Foundry Foxglove Fuller Furlong Gable
Gannet Garland Garth Glover Gorse Granary Greave Grebe Guild Harrow Hatter Hawthorn Hazel Heath
Heron Hollin Holly Honeysuckle Hopper Hornbeam Hurdle Iris Ivy Jasmine Juniper Kestrel Kiln Kingcup
Lammas Lantern Larch Lark Laurel Lavender Lilac Lime Linden Linnet Loom Lowther Magpie Mallard
Mallow Maltings Maple Marigold Marl Marten Mason Meadow Medlar Mercer Merchant Merlin Miller Minster
Mulberry Myrtle Nettle Newland Oak Oat Orchard Osier Osprey Otter Owl Paddock Parson Partridge Pear
Pepper Pine Pinfold Pipit Plover Poplar Poppy Potter Primrose Privet Quarry Quince Ramsey Redwing
Reed Robin Rope Rowan Rush Rye Saddler Saffron Sage Salter Sandpiper Sawmill Sedge Shearer Shuttle
Skylark Sloe Smithy Sorrel Spindle Spinner Spruce Starling Stonechat Swallow Swan Sycamore Tanner
Tansy Teal Teasel Tern Thatcher Thistle Thorn Thrush Thyme Tillage Tinker Turner Vetch Vine Violet
Wagtail Walnut Warbler Warren Waterside Weaver Wheelwright Whin Whitbeam Willow Winnow Woodbine
Woolpack Wren Yarrow Yew
""".split()  # noqa: SIM905 -- a list of 230 quoted words is no easier to read

_LAST = {
    "radial": ["Road"],
    "link": ["Road", "Avenue", "Drive"],
    "branch": ["Road", "Lane", "Hill"],
    "terrace": ["Street", "Road", "Terrace", "Avenue", "Street"],
    "cross": ["Street", "Place", "Row", "Street", "Grove"],
    "collector": ["Drive", "Way", "Avenue", "Crescent"],
    "close": ["Close", "Court", "Gardens", "Mews", "Close"],
    "alley": ["Passage", "Alley", "Cut", "Ginnel"],
    "estate": ["Walk", "Path", "Green"],
    "lane": ["Lane", "Yard", "Street", "Row", "Court"],
    "yard": ["Way", "Works Road", "Industrial Park"],
    "crossing": ["Bridge", "Footbridge"],
    "square": ["Square"],
}
_FIXED = {
    "high_street": "High Street",
    "ring": "Ringway",
    "market": "Market Place",
    "towpath": "Canal Towpath",
    "ramp": "Towpath Steps",
    "tunnel": "Dark Arch Subway",
    "station_road": "Station Road",
    "station": "Station Square",
    "buses": "Bus Station",
    "platform": "Station Footbridge",
    "bypass": "Haverness Bypass",
    "pier": "Old Landing Stage",
}


class Namer:
    """Deals names without repeating one."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.used: set[str] = set()
        self.park = ""

    def name(self, kind: str) -> str:
        """Give a street of this kind its name."""
        if kind in _FIXED:
            return _FIXED[kind]
        if kind == "park":
            return f"{self.park} path" if self.park else "Park path"
        for _ in range(400):
            last = str(self.rng.choice(_LAST.get(kind, ["Street"])))
            name = f"{self.rng.choice(_FIRST)} {last}"
            if name not in self.used:
                self.used.add(name)
                return name
        raise RuntimeError("more streets than names")

    def park_name(self) -> str:
        """Give a park its name."""
        return self.name("terrace").rsplit(" ", 1)[0] + " Park"
