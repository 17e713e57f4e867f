"""The words of the demonstration's claim chart. Companies, people, patents and figures are invented."""

from __future__ import annotations

INTRODUCTION = (
    "This chart reads claim 1 of EP 9 000 417 B1 (the '417 patent), and dependent claims 3, 5 and 8, on the"
    " display"
    " module BF-55X that Brightfall Displays supplies for 55-inch television sets. It rests on one unit"
    " bought on the"
    " open market (sample S-04), on the teardown report AI-TR-0231 (the Teardown Report), on the luminance"
    " measurements"
    " in Borealis test report BP-LAB-118 (the Test Report), and on Brightfall's public integration guide,"
    " revision 2.3"
    " (the Guide). Page references are to those documents.",
    "Claim terms are given the meaning they have to the person skilled in the art reading the description"
    " as a whole."
    " Where Brightfall is expected to dispute a reading, the chart says so and names the passage relied on."
    " Infringement"
    " by equivalent means is asserted for element 1[e] alone, in the alternative.",
)

CLAIM = (
    "1[pre]: A backlight assembly for a liquid crystal display panel, comprising 1[a]: a plurality of light"
    " sources"
    " arranged in a two-dimensional array of zones, each zone being drivable independently of the others;"
    " 1[b]: a"
    " reflector member having side walls that separate neighbouring zones; 1[c]: an optical stack above the"
    " reflector"
    " member, including at least one diffusing layer; 1[d]: a zone controller arranged to derive a drive"
    " value for each"
    " zone from image data; 1[e]: a compensation unit arranged to correct the drive value of a zone by the"
    " light"
    " received from at least its four adjacent zones; 1[f]: wherein the correction is taken from a stored"
    " table of"
    " coupling coefficients measured for the assembly; and 1[g]: wherein the controller limits the rate at"
    " which a drive"
    " value changes between two successive frames."
)

ROWS = (
    (
        "1[pre]",
        "A backlight assembly for a liquid crystal display panel",
        "The BF-55X is sold as a “full-array backlight module” for 55-inch liquid crystal panels (Guide, p."
        " 3)."
        " The module was removed from sample S-04 as one assembly of 1 232 × 698 mm (Teardown Report, p. 4,"
        " photo 2)."
        "<br/>The preamble is limiting only so far as it names the panel; the point does not arise on these"
        " facts.",
    ),
    (
        "1[a]",
        "a plurality of light sources arranged in a two-dimensional array of zones, each zone being drivable"
        " independently of the others",
        "1 152 light emitting diodes in 24 × 12 zones of four diodes each (Teardown Report, p. 6; Figure 1)."
        "<br/>Each zone has a driver channel of its own: 36 driver circuits of eight channels, traced to"
        " the zones by"
        " continuity test (Teardown Report, pp. 9–10). With a single lit zone the remaining 287 channels"
        " stay below"
        " 0.2 mA (Test Report, p. 3, table 2).",
    ),
    (
        "1[b]",
        "a reflector member having side walls that separate neighbouring zones",
        "A white moulded frame of 288 cells stands on the circuit board. Its walls are 3.1 mm high and 0.8"
        " mm thick at"
        " the foot (Teardown Report, p. 7, photo 9)."
        "<br/>Expected dispute: Brightfall may say that walls lower than the optical distance of 8.0 mm do"
        " not"
        " “separate”. The description calls a wall of one third of that distance sufficient (paragraph"
        " [0031]).",
    ),
    (
        "1[c]",
        "an optical stack above the reflector member, including at least one diffusing layer",
        "From below: diffuser plate of 1.5 mm, colour conversion film, two prism films (Teardown Report, p."
        " 8). The"
        " plate scatters a collimated beam to a half-width of 71 degrees (Test Report, p. 4).",
    ),
    (
        "1[d]",
        "a zone controller arranged to derive a drive value for each zone from image data",
        "The timing board carries a programmable device, U7, that receives the video stream and sends 288"
        " twelve-bit"
        " values a frame to the drivers over a serial bus (Teardown Report, pp. 12–13). The Guide describes"
        " the step as"
        " “zone statistics” taken from the incoming frame (Guide, section 4.1, p. 17).",
    ),
    (
        "1[e]",
        "a compensation unit arranged to correct the drive value of a zone by the light received from at"
        " least its"
        " four adjacent zones",
        "With zone (12, 6) held at half drive, its channel current falls by 11.4 % when the four zones"
        " around it are"
        " raised to full drive, and returns within one frame when they are dimmed (Test Report, pp. 5–6;"
        " Figure 2)."
        " The Guide names the function “neighbour leak correction” (Guide, section 4.3, p. 19)."
        "<br/><i>In the alternative, by equivalence:</i> should “received” require a sensor, correcting by"
        " a calculated"
        " amount does the same thing in the same way to the same end (paragraphs [0038] and [0044]).",
    ),
    (
        "1[f]",
        "wherein the correction is taken from a stored table of coupling coefficients measured for the assembly",
        "The memory U9 holds 288 records of eight bytes at offset 0x4000. Overwriting one record changes"
        " the correction"
        " of that zone alone (Teardown Report, p. 15). The records of samples S-04 and S-05 differ by up to"
        " 6 %, which a"
        " table calculated from the design would not show: the values are measured for each assembly (Test"
        " Report,"
        " p. 7, table 5).",
    ),
    (
        "1[g]",
        "wherein the controller limits the rate at which a drive value changes between two successive frames",
        "A step from black to white reaches full current in four frames of equal steps, a step back in six"
        " (Test"
        " Report, p. 8, figure 4). The Guide lists “maximum slew per frame” as a register with a default of"
        " 1 024 of"
        " 4 095 (Guide, appendix B, p. 41).",
    ),
    (
        "Claim 3",
        "The assembly of claim 1, wherein the correction also takes the four diagonal zones into account",
        "Each record of U9 holds eight values. The last four change the correction when the diagonal zones"
        " are lit and"
        " do nothing otherwise (Teardown Report, p. 15; Test Report, p. 6).",
    ),
    (
        "Claim 5",
        "The assembly of claim 1, wherein the side walls are lower than half the distance between the light"
        " sources"
        " and the diffusing layer",
        "Wall height 3.1 mm; distance 8.0 mm; ratio 0.39 (Teardown Report, p. 7).",
    ),
    (
        "Claim 8",
        "The assembly of claim 1, wherein the limit of the rate is higher for a rising than for a falling drive value",
        "Four frames up, six frames down, on both samples and at three temperatures (Test Report, p. 8, table 6).",
    ),
)

METHOD = (
    (
        "11[pre]",
        "A method of driving a backlight that has a plurality of zones",
        "Every BF-55X carries out the method when it shows moving pictures; sample S-04 did so with its"
        " factory settings"
        " (Test Report, p. 2). The method is used by the customer. Brightfall supplies the means for it and"
        " recommends"
        " it in the Guide (p. 19: “leave enabled for all content”), which is contributory infringement.",
    ),
    (
        "11[a]",
        "receiving image data of a frame",
        "Input of device U7, eight lanes, recorded on the logic analyser (Teardown Report, p. 12).",
    ),
    (
        "11[b]",
        "deriving a drive value for each zone from the image data",
        "As element 1[d]. The 288 values leave U7 before the next frame has ended, 9.4 ms after the first"
        " line"
        " (Teardown Report, p. 13).",
    ),
    (
        "11[c]",
        "reading, for a zone, coupling coefficients of its adjacent zones from a memory",
        "Between two frames U7 reads all records of U9, 2 304 bytes, in the order of the zones (Teardown"
        " Report, p. 14,"
        " trace 3).",
    ),
    (
        "11[d]",
        "reducing the drive value of the zone in accordance with the coefficients and the drive values of"
        " the adjacent"
        " zones",
        "The reduction follows the sum of the products of coefficient and drive value to within 0.4 % over"
        " 120 patterns"
        " (Test Report, p. 9, figure 5)."
        "<br/>Expected dispute: Brightfall may say that a drive value is “replaced” and not “reduced”. The"
        " values"
        " observed are never above those of 11[b]; on any reading they are reduced.",
    ),
    (
        "11[e]",
        "driving the zone with the reduced drive value",
        "Channel current measured at the driver output of zone (12, 6), and at ten further zones chosen by"
        " lot (Test"
        " Report, p. 9, table 7).",
    ),
)

VARIANTS = (
    (
        "1[a]",
        "BF-65X: 30 × 16 zones",
        "480 zones of three diodes. Each has a channel of its own (Guide, appendix C, p. 46). Literally present.",
    ),
    (
        "1[b]",
        "BF-65X: walls of 2.6 mm, distance 7.0 mm",
        "Ratio 0.37, above one third. Literally present; the dispute on “separate” is the same as for the BF-55X.",
    ),
    (
        "1[e]",
        "BF-65X: correction by four neighbours only",
        "The Guide gives four coefficients to a zone (p. 47). Literally present. Claim 3 is not asserted"
        " against this"
        " module, because the diagonal zones are not taken into account.",
    ),
    (
        "1[f]",
        "BF-65X: one table for each production lot",
        "The Guide speaks of a “lot table” (p. 47). Whether a table measured for a lot is “measured for the"
        " assembly”"
        " is the weakest point of the case against the BF-65X. Paragraph [0046] mentions a table “for a"
        " group of like"
        " assemblies” as an embodiment, which speaks for infringement; the granted claim does not say so,"
        " which speaks"
        " against it.",
    ),
    (
        "1[g]",
        "BF-65X: register with a default of 1 536",
        "Literally present (Guide, p. 48). Not yet confirmed by measurement; no sample has been bought.",
    ),
    (
        "BF-55X-E",
        "Economy version without U9",
        "Brightfall's price list names a version “-E”. If it has no memory of its own, elements 1[e] and"
        " 1[f] are"
        " missing. It is not accused in this chart.",
    ),
)

SOURCES = (
    ("Source", "Date", "How obtained", "Kept at"),
    (
        "Teardown Report AI-TR-0231, 18 pages, 24 photographs",
        "22 March",
        "Own work on sample S-04",
        "Aldermoor, vault 2",
    ),
    ("Test Report BP-LAB-118", "12 April", "Borealis, under the joint protocol", "Borealis, log book 41"),
    (
        "Brightfall, Integration Guide BF series, rev. 2.3",
        "30 January",
        "Public download",
        "Checksum in custody file",
    ),
    (
        "Sample S-04, serial 5X-0411-20873",
        "12 March",
        "Bought in a shop, EUR 212.00",
        "Cassini, store room 2",
    ),
    (
        "Sample S-05, serial 5X-0411-20902",
        "12 March",
        "Bought in a shop, EUR 212.00",
        "Cassini, store room 2",
    ),
    ("Examination file of the parent application", "3 June", "Public register", "Aldermoor, file 417/2"),
)

OPEN_POINTS = (
    "Sample S-04 was bought in March. Brightfall announced firmware 3.1 in September; whether it keeps the"
    " neighbour"
    " correction is not known. A third sample with that firmware is on order and will be tested under the"
    " same protocol.",
    "The Guide was obtained from Brightfall's public download page without registration. A dated copy with"
    " its checksum"
    " lies with the custodian. No confidential document of Brightfall was used for this chart.",
    "The reading of 1[b] has not been tested against the opposition file. The proprietor's letter of 14 May"
    " in the"
    " examination of the parent application uses “separate” in the wider sense and should be put in"
    " evidence.",
)

TERMS = (
    ("Term", "Reading relied on", "Support", "Expected answer"),
    (
        "zone",
        "A group of one or more light sources that is driven as one.",
        "Paragraphs [0012], [0027]; figure 2 shows zones of four.",
        "None; common ground in the letter of 2 October.",
    ),
    (
        "separate",
        "To keep apart so far as is needed for the effect of the invention; contact with the stack is not needed.",
        "Paragraph [0031]; claim 5 would be empty on a narrower reading.",
        "Walls must reach the diffusing layer.",
    ),
    (
        "drive value",
        "Any number that sets the current or the duty of a zone.",
        "Paragraph [0019].",
        "Duty alone, because the example uses it.",
    ),
    (
        "light received",
        "The share of a neighbour's light that arrives above the zone, measured or calculated.",
        "Paragraphs [0036] to [0038].",
        "Must be sensed while the assembly is in use.",
    ),
    (
        "measured for the assembly",
        "Obtained from the unit in which the table is stored, or from one built alike.",
        "Paragraph [0046]; the examiner's note of 8 July.",
        "From the same unit alone.",
    ),
    (
        "limits the rate",
        "A bound on the change from frame to frame, fixed or depending on the picture.",
        "Paragraph [0052], last sentence.",
        "A fixed bound alone.",
    ),
)
