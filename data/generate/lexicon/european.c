/* european.c - German, Swedish, Polish and Turkish words and grammars: Latin
 * script with letters of its own. */
#include "data/generate/lexicon.h"

const struct sg_lexicon sg_lexicon_de = {
    .code = "de",
    .title_case = true,
    .skew = 6,
    .articles = "der die das",
    .nouns = "die_liebe die_nacht das_herz das_leben die_welt der_himmel das_meer der_mond "
             "die_sonne der_regen der_wind "
             "die_erde die_blume die_rose der_traum der_morgen der_tag das_mädchen der_junge "
             "die_frau der_mann das_fest "
             "der_tanz der_strand der_sand der_fluss der_berg der_stern der_schatten das_licht "
             "die_stille die_stimme "
             "der_blick die_augen der_mund die_hände der_körper die_haut das_blut der_schmerz "
             "die_träne die_freude "
             "der_wahnsinn die_sehnsucht das_gift die_gitarre die_trommel der_walzer die_königin "
             "der_könig der_teufel "
             "der_engel das_haus die_tür das_fenster das_bett das_brot der_wein das_bier der_honig "
             "das_pferd der_vogel "
             "der_schmetterling der_wolf die_katze der_zug das_schiff das_flugzeug die_straße "
             "die_grenze die_stadt "
             "das_dorf der_platz die_wüste der_wald die_insel der_hafen der_leuchtturm der_krieg "
             "der_frieden die_freiheit "
             "die_geschichte die_erinnerung die_lüge die_wahrheit das_geheimnis das_versprechen "
             "der_abschied der_brief "
             "der_spiegel der_schlüssel der_sommer der_winter der_frühling der_herbst das_echo "
             "die_asche der_rauch "
             "die_hoffnung der_schnee die_maschine der_mensch die_heimat das_feuer die_zeit "
             "das_wunder die_seele das_glück",
    .adjectives = "rosa lila prima allein ganz_allein zu_spät noch_wach weit_weg",
    .verbs = "ich_liebe_dich komm_zu_mir bleib_bei_mir küss_mich halt_mich_fest vergiss_mich "
             "tanz_mit_mir weine_nicht "
             "ohne_dich mit_dir für_immer noch_einmal nur_du wo_bist_du wenn_du_gehst wie_früher "
             "nie_wieder vielleicht "
             "bis_morgen alles_wird_gut so_ist_das_leben ich_weiß_nicht es_war_einmal gute_nacht "
             "auf_wiedersehen "
             "schlaf_gut ich_bin_hier über_den_dächern jenseits_von_dir",
    .firsts = "Hans Marlene Udo Nena Herbert Nina Reinhard Hildegard Klaus Trude Wolfgang Helene "
              "Jürgen Käthe Günther "
              "Lotte Max Annette Björn Sabine Jörg Heike Sören Ute Matthias Ilse Götz Bärbel "
              "Florian Lena",
    .lasts = "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer "
             "Koch Bauer Richter "
             "Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hartmann Lange Werner "
             "Krause Köhler Böhm "
             "Jäger Vögel Großmann Weiß Möller König Strauß Händler",
    .places = "Berlin Hamburg München Köln Wien Zürich Leipzig Dresden Bremen Salzburg Düsseldorf "
              "Nürnberg Graz Basel "
              "Sankt_Pauli Lübeck Thüringen",
    .stems =
        "stern nacht licht mond sonnen feuer wasser wind schnee wolken gold silber herz traum "
        "seelen kinder welt "
        "himmel engel teufel königs liebes lebens zeit wald berg see meer eis blumen rosen vogel",
    .endings = "licht nacht tanz lied kind haus weg glanz zauber land stadt flug spiel reise feuer "
               "meer wind traum tor "
               "garten schein fänger reiter sänger",
    .last_endings = "mann bauer berg stein feld hofer meier brandt",
    .syllables = "kra ru ster bau tö mi lü ga wen zo ha fe kö del",
    .titles = "$n|$n|$N|$N|$c|$c|$c|$v|$v|$n und $n|mein $n|dein $n|$n in $p|$f|kein $n|lied für "
              "$f|$p|$x|$N und $N|"
              "zurück nach $p|unter dem $c|das $c",
    .bands = "die $c s|die $c|$f $l|$f $l|$f $l|$c|$x|$p $c|kapelle $c|philharmonie $p|$l & "
             "$l|quartett $l|die $l s",
};

const struct sg_lexicon sg_lexicon_sv = {
    .code = "sv",
    .skew = 6,
    .nouns = "kärlek natt hjärta liv värld himmel hav måne sol regn vind jord blomma ros dröm "
             "morgon dag flicka pojke kvinna "
             "man fest dans strand flod berg stjärna skugga ljus tystnad röst blick ögon mun "
             "händer kropp hud blod smärta tårar "
             "glädje längtan gitarr trumma vals drottning kung djävul ängel hus dörr fönster säng "
             "bröd vin kaffe honung häst "
             "fågel fjäril varg katt tåg skepp väg gräns stad by torg skog ö hamn fyr krig fred "
             "frihet historia minne lögn "
             "sanning hemlighet löfte avsked brev spegel nyckel sommar vinter vår höst eko aska "
             "rök hopp snö människa",
    .adjectives =
        "ensam vacker gammal ung röd blå vit svart grön ljus mörk tyst stark fri vild sista första",
    .verbs = "jag_älskar_dig kom_till_mig stanna_hos_mig kyss_mig håll_mig glöm_mig dansa_med_mig "
             "gråt_inte utan_dig "
             "med_dig för_alltid en_gång_till bara_du var_är_du om_du_går som_förut aldrig_mer "
             "kanske god_natt",
    .firsts = "Björn Agnetha Göran Lena Håkan Monica Ulf Åsa Östen Märta Sven Astrid Jörgen Kjell "
              "Sigrid Nils Linnéa Evert Elin",
    .lasts = "Andersson Johansson Karlsson Nilsson Eriksson Lindström Åkesson Öberg Sjögren "
             "Bergström Hellström Lindqvist "
             "Björk Ström Löfgren Nyström Åström Sandberg Dahl Holm",
    .places = "Stockholm Göteborg Malmö Uppsala Gävle Luleå Kiruna Öland Gotland Oslo Bergen "
              "Tromsø København Århus Reykjavík",
    .stems =
        "natt sol mån stjärn hav vind snö skog berg sommar vinter hjärte dröm guld silver eld regn",
    .endings = "ljus sång dans vind land barn väg hav eld dröm stad lek",
    .last_endings = "ström berg qvist lund gren dahl",
    .syllables = "ö sy fra ska bjö lin gö må lu ve tor",
    .titles =
        "$n|$n|$a $n|$n och $n|min $n|din $n|$v|$v|$n i $p|$f|ingen $n|visa till $f|$c|$c|$p|$x",
    .bands = "$f $l|$f $l|$c|$x|$a $n|$n & $n|$c orkester|$l s|$p $c",
};

const struct sg_lexicon sg_lexicon_pl = {
    .code = "pl",
    .skew = 6,
    .nouns = "miłość noc serce życie świat niebo morze księżyc słońce deszcz wiatr ziemia kwiat "
             "róża sen poranek dzień "
             "dziewczyna chłopak kobieta człowiek taniec plaża rzeka góra gwiazda cień światło "
             "cisza głos oczy usta dłonie "
             "ciało skóra krew ból łzy radość tęsknota gitara bęben walc królowa król diabeł anioł "
             "dom drzwi okno łóżko "
             "chleb wino kawa miód koń ptak motyl wilk kot pociąg statek droga granica miasto wieś "
             "pustynia las wyspa port "
             "wojna pokój wolność historia pamięć kłamstwo prawda tajemnica obietnica list lustro "
             "klucz lato zima wiosna "
             "jesień echo popiół dym nadzieja śnieg ogień czas cud dusza szczęście",
    .adjectives = "sam zawsze nigdy już_nie jeszcze_raz daleko blisko razem",
    .verbs =
        "kocham_cię chodź_ze_mną zostań pocałuj_mnie nie_płacz bez_ciebie z_tobą na_zawsze "
        "jeszcze_raz tylko_ty "
        "gdzie_jesteś jeśli_odejdziesz nigdy_więcej może_jutro dobranoc nie_wiem do_widzenia wróć",
    .firsts = "Czesław Maryla Zbigniew Anna Grzegorz Kasia Michał Małgorzata Stanisław Łucja Paweł "
              "Agnieszka Wojciech Zofia "
              "Krzysztof Halina Józef Świętosława Żaneta",
    .lasts = "Kowalski Nowak Wiśniewski Wójcik Kamiński Lewandowski Zieliński Szymański Dąbrowski "
             "Kozłowski Jabłoński "
             "Łukaszewicz Żak Górski Pawłowski Ćwik Sosnowski",
    .places = "Warszawa Kraków Gdańsk Wrocław Łódź Poznań Lublin Zakopane Toruń Szczecin Białystok",
    .stems = "gwiazdo księży słone wiatro serco śnież złoto krwio świato",
    .endings = "bieg lot dar wór ki nik ada ość",
    .last_endings = "ski icki ewicz ak czyk",
    .syllables = "ła żo szy czo ki wie śna bry dzi no",
    .titles =
        "$n|$n|$n i $n|moja $n|mój $n|$v|$v|$f|$p|$n, $n|bez $n|$n w $p|$x|ostatnia $n|nasza $n",
    .bands = "$f $l|$f $l|$f $l|$n|$x|$n i $n|kapela $l|orkiestra $p",
};

const struct sg_lexicon sg_lexicon_tr = {
    .code = "tr",
    .skew = 6,
    .nouns = "aşk gece kalp hayat dünya gökyüzü deniz ay güneş yağmur rüzgâr toprak çiçek gül rüya "
             "sabah gün kız oğlan kadın adam "
             "dans kumsal ırmak dağ yıldız gölge ışık sessizlik ses bakış göz dudak el ten kan acı "
             "gözyaşı sevinç hasret delilik "
             "saz davul kraliçe kral şeytan melek ev kapı pencere ekmek şarap kahve bal at kuş "
             "kelebek kurt kedi tren gemi yol "
             "şehir köy çöl orman ada liman savaş barış özgürlük masal hatıra yalan gerçek sır söz "
             "veda mektup ayna anahtar yaz "
             "kış bahar güz yankı kül duman umut kar ateş zaman mucize ruh",
    .adjectives =
        "güzel yalnız mavi kara beyaz kırmızı yeşil deli uzak yakın son ilk eski yeni sessiz derin",
    .verbs =
        "seni_seviyorum gel_bana gitme_kal öp_beni sarıl_bana unut_beni ağlama sensiz seninle "
        "sonsuza_dek bir_daha "
        "sadece_sen neredesin gidersen asla belki_yarın iyi_geceler bilmiyorum elveda dön_bana",
    .firsts = "Zeki Ajda Barış Sezen Müzeyyen Cem Nilüfer Orhan İbrahim Gülşen Şebnem Erkin "
              "Özdemir Ayşe Çağlar Ümit",
    .lasts = "Yılmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan "
             "Çetin Koç Güneş Şimşek",
    .places =
        "İstanbul Ankara İzmir Bursa Antalya Trabzon Üsküdar Beyoğlu Çanakkale Kadıköy Diyarbakır",
    .stems = "gül ay gün yıl deniz kara gök can su ateş",
    .endings = "taş han er nur gül ışık kız su dağ",
    .last_endings = "oğlu taş er can gil",
    .syllables = "ya şe kö lü ra mı za çe gi do ün",
    .titles = "$n|$n|$a $n|$n ve $n|$v|$v|$f|$p|benim $n|bir $n|$n gibi|$p'da $n|$x|$c|$a bir $n",
    .bands = "$f $l|$f $l|$a $n|$x|$c|$n ve $n|grup $c|$p $n",
};
