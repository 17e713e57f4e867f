"""The words of the demonstration documents. Companies, people, patents and figures are invented."""

from __future__ import annotations

CHART_INTRODUCTION = (
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

CHART_CLAIM = (
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

CHART_ROWS = (
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
        "wherein the correction is taken from a stored table of coupling coefficients measured for the"
        " assembly",
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
        "The assembly of claim 1, wherein the limit of the rate is higher for a rising than for a falling"
        " drive value",
        "Four frames up, six frames down, on both samples and at three temperatures (Test Report, p. 8,"
        " table 6).",
    ),
)

CHART_OPEN_POINTS = (
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

MEMO = (
    (
        "1. Question and short answer",
        (
            "You asked whether the prior art that Brightfall Displays has cited in its letter of 2 October"
            " puts claim 1"
            " of EP 9 000 582 B1 (the '582 patent) at risk, and what that means for the terms the group can"
            " hold to.",
            "In short: the Halvorsen application (D1) does not disclose the edge seal and does not destroy"
            " novelty. The"
            " combination of D1 with the Tamarind data sheet (D3) is a serious attack on inventive step"
            " against claim 1"
            " as granted. Claim 4 should survive it. We put the chance that claim 1 is upheld as granted at"
            " 55 to 60 per"
            " cent, and the chance that claim 4 is upheld at about 80 per cent.",
        ),
    ),
    (
        "2. What the documents show",
        (
            "<b>D1 (Halvorsen, published 11 June 2009).</b> A film with converting particles between two"
            " barrier sheets."
            " Paragraph [0052] mentions that the edges “may be closed”, without saying how. Figure 6 shows"
            " an open edge.",
            "<b>D2 (Ostrava thesis, 2010).</b> Measures the loss of brightness from the edge inwards, 1.2"
            " mm in 1 000"
            " hours. It states the problem but offers no remedy. Whether it was available to the public"
            " before the"
            " priority date depends on the library's accession record, which we have asked for.",
            "<b>D3 (Tamarind Coatings, data sheet TC-40).</b> An adhesive for sealing the edges of"
            " laminated films. The"
            " sheet bears no date; Brightfall relies on a distributor's catalogue of 2011. The date will be"
            " contested.",
        ),
    ),
    (
        "3. What our own people say",
        (
            "We spoke to the two inventors and to the former head of the coating line. Their accounts agree"
            " on the order"
            " of events and disagree on one point that matters.",
            "Dr. Ingrid Solheim (ingrid.solheim@borealis.example, +47 555 0142) recalls that the sealing"
            " trials began in"
            " October 2010 after a customer complaint, and that nobody in the team knew TC-40 at that time."
            " Her notebook"
            " no. 14, pages 22 to 31, supports the date.",
            "Marek Dvorsky (m.dvorsky@borealis.example, +420 555 0177), who left the company in 2016 and"
            " now lives at"
            " 8 Orchard Row, Dunmore, believes that a sales engineer of Tamarind left samples of “a yellow"
            " edge"
            " adhesive” with him in the summer of 2010. If that was TC-40, and if the visit was not"
            " confidential, D3"
            " would be prior art by use. He has asked that his address be kept out of the file.",
            "Leila Haddad (l.haddad@borealis.example, +1 202 555 0119) was on sick leave from May to"
            " November 2010 and"
            " cannot speak to either account.",
        ),
    ),
    (
        "4. Assessment",
        (
            "Starting from D1, the objective problem is to keep moisture from the edge of the film. A"
            " skilled person who"
            " looked for an edge adhesive before the priority date would have found D3, if D3 was public."
            " The decisive"
            " questions are therefore of fact and not of law: the date of the data sheet and the nature of"
            " the visit"
            " that Mr. Dvorsky remembers.",
            "We advise against a declaration by Mr. Dvorsky at this stage. We advise in favour of a"
            " limitation to claim"
            " 4 as first auxiliary request, and of asking for the Ostrava accession record before the reply"
            " is filed on"
            " 19 December.",
        ),
    ),
    (
        "5. Consequence for the terms",
        (
            "The group's opening position of 1.85 % of the net module price assumed that claim 1 of the"
            " '582 patent"
            " stands. With claim 4 alone, design-arounds cost Brightfall an estimated EUR 0.42 a module"
            " against EUR 0.29"
            " for the rate of 1.10 % at the present module price of EUR 26.40. We would not go below 0.95 %.",
            "Borealis itself paid Tamarind a rate of 0.60 % under the agreement of 2018; that figure is"
            " confidential to"
            " both sides and must not reach the business people of the other participants. The same holds"
            " for the"
            " volume of 3.4 million square metres on which the minimum royalty was calculated.",
        ),
    ),
    (
        "6. Next steps",
        (
            "(a) Obtain the accession record of the thesis: Ms. Okafor, by 28 November. (b) Second talk"
            " with Dr. Solheim"
            " on notebook no. 14: Mr. Lindqvist, by 1 December. (c) Draft of the auxiliary request: Ms."
            " Okafor, by 5"
            " December. (d) Decision of the group on the floor of 0.95 %: meeting of 9 December, counsel"
            " only.",
        ),
    ),
)

MATRIX = (
    ("Licensee", "Agreement", "'417", "'582", "'733", "Field", "Territory", "Rate", "Ends", "Notes"),
    ("Tamarind Coatings", "3 Mar 2018", "–", "yes", "–", "Films", "Worldwide", "0.60 %", "2 Mar 2028", "Cross-licence; minimum EUR 180 000 a year"),
    ("Quillon Display Works", "17 Sep 2019", "yes", "yes", "–", "Television", "EU, UK", "1.10 %", "16 Sep 2027", "Most-favoured clause, section 6.2"),
    ("Verity Panel Co.", "8 Jan 2020", "yes", "–", "yes", "Monitors", "Worldwide", "EUR 0.31 a unit", "7 Jan 2030", "Audit right used in 2023"),
    ("Halcyon Screens", "22 Jun 2020", "yes", "yes", "yes", "All", "EU, US, JP", "1.75 %", "Expiry", "Settlement; release until 31 May 2020"),
    ("Mistral Optronics", "11 Nov 2021", "–", "–", "yes", "Automotive", "Worldwide", "EUR 0.88 a unit", "10 Nov 2026", "Renewal talks open"),
    ("Orrery Television", "2 May 2022", "yes", "–", "–", "Television", "US", "1.25 %", "1 May 2029", "Sub-licence to one affiliate"),
    ("Peregrine Glass", "30 Aug 2022", "–", "yes", "–", "Films", "EU", "Lump sum EUR 1.2 m", "29 Aug 2027", "Paid in full"),
    ("Sable Instruments", "14 Feb 2023", "yes", "yes", "–", "Medical", "Worldwide", "2.40 %", "Expiry", "Field of use narrow"),
    ("Tern Mobile", "6 Oct 2023", "–", "–", "yes", "Handheld", "Worldwide", "EUR 0.06 a unit", "5 Oct 2031", "Cap EUR 900 000 a year"),
    ("Brightfall Displays", "none", "asserted", "asserted", "asserted", "–", "–", "–", "–", "Letter of 2 October; see memorandum"),
)  # fmt: skip

REPORT = (
    (
        "1. Purpose",
        "To measure, on two modules BF-55X bought on the open market, how the drive of a backlight zone"
        " depends on the"
        " zones around it, and to record the measurement so that a third party can repeat it.",
    ),
    (
        "2. Samples and instruments",
        "Samples S-04 and S-05 were received sealed, unpacked on camera and kept under lock between"
        " sessions; the"
        " chain of custody is on form CK-CoC-07. Before each session the modules ran for 60 minutes at a"
        " grey of 50 %."
        " Ambient temperature was 23.0 ± 0.5 °C.",
    ),
    (
        "3. Method",
        "A test pattern lights one zone at half drive. The four adjacent zones are stepped from dark to"
        " full drive in"
        " eleven steps. At each step the channel current of the middle zone is read over 100 frames with a"
        " current"
        " probe, and the luminance above its centre with a spot meter at 500 mm. Every series was run three"
        " times; the"
        " table gives the mean, and the standard uncertainty with a coverage factor of 2.",
    ),
    (
        "4. Result",
        "The channel current of the middle zone falls as its neighbours become brighter, by 11.4 % at full"
        " drive for"
        " sample S-04 and by 10.9 % for sample S-05. The luminance above the middle zone stays within 1.3 %"
        " of its"
        " start. With the memory records of the zone set to zero the current no longer changes and the"
        " luminance rises"
        " by 12.8 %. The correction is therefore made in the module and is taken from the records.",
    ),
    (
        "5. Limits",
        "Two samples of one production month were measured. Nothing is said about modules with later"
        " firmware. The"
        " figures hold for a frame rate of 60 a second; other rates were not tried.",
    ),
)

SCAN_LINES = (
    "CHAIN OF CUSTODY RECORD                       Form CK-CoC-07",
    "",
    "Item          One display module, BF-55X, boxed, seal intact",
    "Serial no.    5X-0411-20873           Our mark   S-04",
    "Bought at     Harrowgate Electrics, 14 Mill Lane, Dunmore",
    "Receipt no.   88-20417                Price paid EUR 212.00",
    "",
    "Date / time        Released by        Received by        Purpose",
    "12 Mar  10:40      shop counter       T. Abernathy       purchase",
    "12 Mar  15:15      T. Abernathy       store room 2       lock-up",
    "18 Mar  09:05      store room 2       R. Castellan       teardown",
    "22 Mar  17:50      R. Castellan       store room 2       lock-up",
    "02 Apr  08:30      store room 2       courier (seal 117) to Borealis",
    "04 Apr  11:20      courier            I. Solheim         testing",
    "",
    "Seal 117 was whole on arrival.  Box reopened on camera, file 0404-A.",
    "",
    "Remarks: foil on the back torn on unpacking (see photo 3).",
    "Contact: t.abernathy@cassini.example   tel. 555 0163",
    "",
    "Signed   T. Abernathy                 Witness   R. Castellan",
)

FILING = (
    "The claimants are the proprietors of the patents in suit and have agreed to enforce them together.",
    "The defendant makes display modules and offers them for sale in the territory of this court.",
    "By letter of 2 October the defendant denied infringement and asserted that the patents are invalid.",
    "The claimants bought a specimen of the defendant's module from a shop open to the public.",
    "The specimen was kept under seal until it was opened in the presence of two witnesses.",
    "The module has two hundred and eighty-eight zones, each of which can be driven on its own.",
    "The drive of a zone is corrected by the light that comes from the zones around it.",
    "The correction is read from a table which is stored in the module and measured for each unit.",
    "The defendant's own guide for integrators describes this function and recommends its use.",
    "No licence was granted to the defendant, and none was asked for before the letter of the claimants.",
    "The claimants do not rely on any document that the defendant had marked as confidential.",
    "The skilled person would understand the term in the light of the description as a whole.",
    "It is denied that the cited application discloses the feature, expressly or by implication.",
    "The claimants reserve the right to amend this pleading when disclosure has been given.",
)
