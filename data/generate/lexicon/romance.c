/* romance.c - Spanish, Portuguese, French and Italian words and grammars. Nouns
 * carry their article where a grammar needs it ($n drops it, $N keeps it);
 * adjectives are those with one form for both genders. */
#include "data/generate/lexicon.h"

const struct sg_lexicon sg_lexicon_es = {
    .code = "es",
    .skew = 6,
    .articles = "el la los las",
    .nouns =
        "el_amor la_noche el_corazón la_vida el_alma la_luna el_sol el_mar el_cielo la_mujer "
        "el_fuego "
        "el_beso la_calle el_tiempo el_mundo la_canción el_camino la_lluvia el_viento la_tierra "
        "la_flor "
        "la_rosa el_sueño la_mañana el_día la_niña el_niño la_fiesta el_baile la_playa la_arena "
        "el_río "
        "la_montaña la_estrella la_sombra la_luz el_silencio la_voz la_mirada los_ojos la_boca "
        "las_manos "
        "el_cuerpo la_piel la_sangre el_dolor la_pena la_tristeza la_alegría la_locura la_pasión "
        "el_deseo "
        "el_veneno el_tequila la_guitarra el_tambor la_cumbia el_bolero el_tango la_salsa la_rumba "
        "el_son "
        "la_madre el_padre el_hermano la_reina el_rey el_diablo el_ángel el_santo la_virgen "
        "la_iglesia "
        "la_casa la_puerta la_ventana la_cama la_mesa el_pan el_vino el_café la_sal la_miel "
        "la_caña "
        "el_caballo el_toro el_gallo la_paloma el_gorrión la_mariposa el_lobo el_tigre "
        "la_serpiente "
        "el_tren el_barco el_avión la_carretera la_frontera el_barrio la_ciudad el_pueblo la_plaza "
        "el_desierto la_selva la_isla el_puerto el_faro la_guerra la_paz la_libertad la_justicia "
        "la_historia el_recuerdo el_olvido la_mentira la_verdad el_secreto la_promesa el_adiós "
        "la_carta "
        "el_espejo la_llave el_puñal la_bala la_sirena el_marinero el_bandido el_trovador "
        "la_gitana "
        "el_verano el_invierno la_primavera el_otoño la_nostalgia el_eco la_ceniza el_humo "
        "la_esperanza",
    .adjectives =
        "azul verde grande triste feliz fuerte dulce libre salvaje gris cruel fiel inmortal "
        "caliente ardiente brillante elegante diferente inocente valiente ausente presente urgente "
        "amable terrible imposible invisible increíble inolvidable tropical celestial fatal mortal "
        "final "
        "real leal sensual sentimental natural especial oriental occidental gigante errante "
        "distante",
    .verbs =
        "te_quiero te_amo no_me_dejes ven_conmigo bésame_otra_vez dime_que_sí quédate vuelve "
        "olvídame "
        "perdóname abrázame báilalo no_llores_más sin_ti contigo para_siempre una_vez_más solo_tú "
        "mi_vida_entera lo_que_soy cómo_te_extraño ya_no_te_quiero si_te_vas cuando_me_mires "
        "hasta_mañana "
        "nada_es_igual todo_cambia así_es_la_vida no_sé_vivir ay_mamá de_rodillas dónde_estás "
        "por_qué_te_vas "
        "a_escondidas a_fuego_lento entre_tú_y_yo como_antes otra_vez nunca_más tal_vez "
        "mañana_será",
    .firsts = "María José Juan Carmen Luis Ana Carlos Rosa Miguel Lucía Pedro Elena Jorge Sofía "
              "Manuel Isabel "
              "Rafael Pilar Javier Marta Alejandro Paloma Andrés Celia Joaquín Mercedes Ramón "
              "Dolores Julio "
              "Violeta Héctor Silvia Rubén Gloria Víctor Estela Raúl Inés Ángel Camila Nicolás "
              "Valeria Tomás "
              "Ximena Chavela Chucho Paquita Lola Nacho Pepe",
    .lasts = "García Rodríguez Martínez López González Hernández Pérez Sánchez Ramírez Torres "
             "Flores Rivera "
             "Gómez Díaz Cruz Morales Ortiz Gutiérrez Chávez Ramos Ruiz Álvarez Mendoza Vásquez "
             "Castillo "
             "Jiménez Moreno Romero Herrera Medina Aguilar Vargas Guzmán Muñoz Núñez Peña Ibáñez "
             "Quiñones "
             "Zúñiga Sepúlveda Bermúdez Villalobos Montoya Iglesias Solís",
    .places = "Madrid Sevilla Granada Buenos_Aires Bogotá La_Habana México Lima Caracas Medellín "
              "Santiago "
              "Montevideo Cartagena San_Juan Veracruz Jalisco Córdoba Málaga Cádiz Oaxaca "
              "Guadalajara Quito Asunción",
    .stems =
        "son luz mar sol cor flor al bar cal mon ter ver pal lun ros est cam can gua chi tum car",
    .endings = "ero ada illa ito ón eras anza ador ía ura ales ino eta ido ante",
    .last_endings = "ez es era illo ado ales",
    .syllables = "ma ri ta lo co sa che ña le ro pa lu ca no vi to que la chi bo",
    .titles =
        "$n|$n|$N|$N|$n $a|$n $a|$v|$v|$v|$n de $n|$n de $n|$N y $N|mi $n|tu $n|$n en $p|$f|sin $n|"
        "con $n|$n para $f|entre $N y $N|amor de $n|$n de mi vida|donde nace $N|$N de $f|adiós, $n|"
        "como $N|volver a $p|$p|noche de $n|canción para $f|$N en $N|bajo $N|$c|$x|corazón de "
        "$n|amor",
    .bands = "los $n s de $p|$N|los $l|$f $l|la $c|grupo $c|orquesta $p|$n $a|los $c|mariachi "
             "$c|trío $c|$x|"
             "banda $c|conjunto $c|$N de $p|dúo $x|$f y $N",
};

const struct sg_lexicon sg_lexicon_pt = {
    .code = "pt",
    .skew = 6,
    .articles = "o a os as",
    .nouns = "o_amor a_saudade o_coração a_noite o_mar a_vida o_samba a_lua o_sol o_céu a_menina "
             "o_tempo o_mundo "
             "a_canção a_chuva o_vento a_flor o_sonho a_manhã o_dia a_paixão o_beijo o_olhar "
             "a_praia a_areia o_rio "
             "a_serra a_estrela a_sombra a_luz o_silêncio a_voz os_olhos a_boca as_mãos o_corpo "
             "a_pele a_dor a_tristeza "
             "a_alegria a_loucura o_desejo o_violão o_tambor a_bossa o_forró a_rainha o_rei "
             "o_santo a_casa a_porta "
             "a_janela o_pão o_vinho o_café o_cavalo o_pássaro a_borboleta o_trem o_barco o_avião "
             "a_estrada o_sertão "
             "a_cidade a_favela o_morro a_praça o_carnaval a_guerra a_paz a_liberdade a_história "
             "a_lembrança "
             "a_mentira a_verdade o_segredo a_promessa o_adeus a_carta o_espelho o_marinheiro "
             "o_malandro a_ilha o_verão",
    .adjectives = "azul verde grande triste feliz forte doce livre selvagem cruel fiel quente "
                  "ardente brilhante "
                  "elegante diferente inocente valente ausente terrível impossível invisível "
                  "incrível tropical fatal "
                  "final real sensual natural especial gigante errante distante simples",
    .verbs = "te_amo eu_te_quero vem_comigo fica_comigo me_beija me_abraça não_chora não_me_deixe "
             "sem_você com_você "
             "só_você para_sempre mais_uma_vez nunca_mais talvez_amanhã se_você_voltar "
             "quando_eu_te_vi onde_você_está "
             "eu_sei_que_vou deixa_a_vida é_tarde chega_mais vai_passar amanhã_cedo",
    .firsts = "João Maria Antônio Ana Francisco Luíza Chico Elis Caetano Gal Tom Nara Vinícius "
              "Clara Milton Beth "
              "Gilberto Rita Djalma Cássia Jorge Marisa Paulinho Alcione Zeca Ivete Nelson Dalva "
              "Inês Tiago Rui Amália",
    .lasts = "Silva Santos Oliveira Souza Lima Pereira Ferreira Costa Ribeiro Almeida Nascimento "
             "Carvalho Araújo "
             "Barbosa Rocha Moraes Gonçalves Simões Conceição Guimarães Magalhães Brandão Assunção "
             "Leão Falcão",
    .places = "Rio_de_Janeiro Bahia Lisboa São_Paulo Salvador Recife Belém Olinda Ipanema "
              "Copacabana Porto Coimbra "
              "Luanda Maputo Minas Ceará Maranhão Cabo_Verde Brasília",
    .stems = "sol mar lua flor cor sam ba cari ser bel can mo jan ri tor",
    .endings = "inha inho ão eira eiro ança ada osa ista al",
    .last_endings = "eira ão ães inho ais",
    .syllables = "ja ná ra ba tu lê zé ca ni mo xá vi li do sa pé",
    .titles = "$n|$n|$N|$N|$n $a|$v|$v|$n de $n|$N e $N|meu $n|minha $n|$n em $p|$f|sem $n|samba "
              "de $n|$n para $f|"
              "adeus, $n|$p|canção de $n|$c|$x|$n do $n|volta pra $p",
    .bands = "os $c s|$N|$f $l|$f $l|grupo $c|trio $c|banda $c|$n $a|$x|orquestra $p|$f e $f",
};

const struct sg_lexicon sg_lexicon_fr = {
    .code = "fr",
    .skew = 6,
    .articles = "le la les l'",
    .nouns = "l'amour la_nuit le_cœur la_vie le_temps la_mer le_ciel la_lune le_soleil la_pluie "
             "le_vent la_terre la_fleur "
             "la_rose le_rêve le_matin le_jour la_fille le_garçon la_femme l'homme la_fête "
             "la_danse la_plage le_sable "
             "la_rivière la_montagne l'étoile l'ombre la_lumière le_silence la_voix le_regard "
             "les_yeux la_bouche les_mains "
             "le_corps la_peau le_sang la_douleur la_peine la_tristesse la_joie la_folie "
             "la_passion le_désir le_poison "
             "la_guitare le_tambour l'accordéon la_valse la_reine le_roi le_diable l'ange "
             "la_maison la_porte la_fenêtre "
             "le_lit le_pain le_vin le_café le_miel le_cheval l'oiseau le_papillon le_loup le_chat "
             "le_train le_bateau "
             "l'avion la_route la_frontière la_ville le_village la_place le_désert la_forêt l'île "
             "le_port le_phare la_guerre "
             "la_paix la_liberté l'histoire le_souvenir l'oubli le_mensonge la_vérité le_secret "
             "la_promesse l'adieu la_lettre "
             "le_miroir la_clé le_marin le_poète l'été l'hiver le_printemps l'automne la_mélodie "
             "l'écho la_cendre la_fumée "
             "l'espoir la_neige le_manège la_bohème le_boulevard la_Seine le_métro la_môme "
             "le_bistrot les_amants",
    .adjectives =
        "triste sauvage libre fragile tendre étrange sublime célèbre tranquille solitaire éphémère "
        "magnifique électrique mélancolique romantique magique tragique invisible impossible "
        "terrible "
        "ordinaire populaire immobile rebelle jeune rouge jaune rose moderne",
    .verbs = "je_t'aime ne_me_quitte_plus viens_avec_moi embrasse-moi dis-moi_oui reste reviens "
             "oublie-moi pardonne-moi "
             "danse_avec_moi ne_pleure_pas sans_toi avec_toi pour_toujours encore_une_fois "
             "rien_que_toi où_es-tu "
             "si_tu_pars quand_tu_m'aimes comme_avant jamais_plus peut-être à_demain tout_change "
             "c'est_la_vie "
             "je_ne_sais_pas il_était_une_fois à_bientôt déjà_vu",
    .firsts = "Édith Jacques Françoise Serge Juliette Georges Barbara Charles Dalida Léo Sylvie "
              "Johnny Véronique Michel "
              "France Renaud Mireille Yves Zoé Étienne Camille Benoît Chloé Hélène Jérôme Noémie "
              "François Amélie "
              "Stéphane Clémence Raphaël Solène Aïcha Loïc Maëlle Gaël",
    .lasts = "Martin Bernard Dubois Durand Moreau Laurent Lefèvre Roux Fournier Girard Bonnet "
             "Lambert Rousseau Blanc "
             "Guérin Chevalier Gauthier Perrin Clément Lemaître Hébert Béranger Delacroix Gaëtan "
             "Forêt Vallée Léger "
             "Marchand Beaumont Tremblay Gagné Côté Bélanger Desprès",
    .places = "Paris Marseille Lyon Bordeaux Toulouse Nantes Montmartre Saint-Germain Bretagne "
              "Québec Montréal Genève "
              "Bruxelles Liège Dakar Abidjan Alger Tunis Orléans Besançon Nîmes Cannes Étretat",
    .stems = "clair bel mont val cœur fleur mar beau noir rou lam gar ven bar chan tour",
    .endings = "elle ette eau euse ine ard ie ière ade ance oir",
    .last_endings = "eau ier ard oux el et",
    .syllables = "lu mé ra lé vo cé pi zé mou ché do li na ré sou",
    .titles = "$n|$n|$N|$N|$N|$n $a|$v|$v|$n de $n|$N et $N|mon $n|ma $n|$n à $p|$f|sans "
              "$n|chanson pour $f|adieu, $n|"
              "comme $N|$p|sous $N|$c|$x|la valse de $n|$N de $f|retour à $p|entre $N et $N",
    .bands = "les $c s|les $n s|$N|$f $l|$f $l|$n $a|$x|orchestre de $p|quatuor $l|ensemble "
             "$c|trio $l|$f et $N",
};

const struct sg_lexicon sg_lexicon_it = {
    .code = "it",
    .skew = 6,
    .articles = "il la lo i le gli l'",
    .nouns = "l'amore la_notte il_cuore la_vita il_tempo il_mare il_cielo la_luna il_sole "
             "la_pioggia il_vento la_terra "
             "il_fiore la_rosa il_sogno il_mattino la_ragazza il_ragazzo la_donna la_festa "
             "il_ballo la_spiaggia la_sabbia "
             "il_fiume la_montagna la_stella l'ombra la_luce il_silenzio la_voce lo_sguardo "
             "gli_occhi la_bocca le_mani "
             "il_corpo la_pelle il_sangue il_dolore la_tristezza la_gioia la_follia la_passione "
             "il_desiderio il_veleno "
             "la_chitarra il_tamburo la_regina il_re il_diavolo l'angelo la_casa la_porta "
             "la_finestra il_pane il_vino "
             "il_caffè il_cavallo il_gatto la_farfalla il_lupo il_treno la_nave l'aereo la_strada "
             "la_città il_paese "
             "la_piazza il_deserto il_bosco l'isola il_porto il_faro la_guerra la_pace la_libertà "
             "la_storia il_ricordo "
             "la_bugia la_verità il_segreto la_promessa l'addio la_lettera lo_specchio il_marinaio "
             "l'estate l'inverno "
             "la_primavera l'autunno la_nostalgia la_speranza la_felicità la_gelosia l'eternità",
    .adjectives = "verde grande triste felice forte dolce celere crudele fedele immortale ardente "
                  "brillante elegante "
                  "innocente assente terribile impossibile invisibile incredibile celeste fatale "
                  "finale reale naturale "
                  "speciale gigante errante distante semplice veloce",
    .verbs = "ti_amo ti_voglio non_lasciarmi vieni_con_me baciami_ancora dimmi_di_sì resta torna "
             "perdonami abbracciami "
             "non_piangere senza_te con_te per_sempre ancora_una_volta solo_tu se_te_ne_vai "
             "dove_sei come_prima mai_più "
             "forse_domani tutto_cambia così_è_la_vita che_sarà non_è_vero perché_no",
    .firsts = "Mina Lucio Ornella Adriano Gianna Fabrizio Patty Domenico Rita Gino Loredana "
              "Umberto Fiorella Paolo "
              "Francesca Luca Elisa Niccolò Giulia Matteo Chiara Renato Milva Vasco Nada Ennio",
    .lasts = "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo "
             "Conti Mancini "
             "Costa Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi "
             "Caruso Ferrara Battisti",
    .places = "Roma Napoli Milano Venezia Firenze Torino Palermo Genova Bologna Sicilia Sardegna "
              "Capri Sorrento "
              "Trieste Verona Siena Amalfi Cefalù Forlì",
    .stems = "bel mar sol can vent cant fior mont cast lun stel cor ros",
    .endings = "ino ella etto one ata iere anza ità ore ice",
    .last_endings = "ini etti oni ello ucci aldi",
    .syllables = "za ri ca lù no vi to ma le pé bo si do na gia",
    .titles = "$n|$n|$N|$N|$n $a|$v|$v|$n di $n|$N e $N|il mio $n|$n a $p|$f|senza $n|canzone per "
              "$f|addio, $n|come $N|"
              "$p|sotto $N|$c|$x|$N di $f|ritorno a $p",
    .bands = "i $c|$N|$f $l|$f $l|$f $l|$n $a|$x|orchestra di $p|quartetto $c|i $l|le $c",
};
