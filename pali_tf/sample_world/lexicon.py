"""Words of signs and labels, for the rows of print at the free level."""

# Language -> (script, words).
LEXICON: dict[str, tuple[str, tuple[str, ...]]] = {
    "en": (
        "Latin",
        tuple(
            "OPEN EXIT SALE STOP CAFE BANK HOTEL TAXI MUSEUM BREAD MILK TEA "
            "BOOKS PARK POLICE SCHOOL MARKET WATER PUSH PULL".split()
        ),
    ),
    "fr": (
        "Latin",
        tuple(
            "OUVERT SORTIE SOLDES GARE MAIRIE CAFÉ BANQUE HÔTEL MUSÉE PAIN "
            "LAIT THÉ LIVRES PARC ÉCOLE MARCHÉ EAU POUSSEZ TIREZ FERMÉ".split()
        ),
    ),
    "de": (
        "Latin",
        tuple(
            "OFFEN AUSGANG HALT BAHNHOF RATHAUS KAFFEE BÜCHER SCHULE MARKT "
            "WASSER BROT MILCH TÜR ZIEHEN DRÜCKEN KÖNIG GRÜN STRASSE TEE "
            "POST".split()
        ),
    ),
    "es": (
        "Latin",
        tuple(
            "ABIERTO SALIDA REBAJAS CALLE BANCO MUSEO PAN LECHE TÉ LIBROS "
            "PARQUE ESCUELA MERCADO AGUA EMPUJE TIRE NIÑOS CAFÉ AÑO "
            "PLAZA".split()
        ),
    ),
    "tr": (
        "Latin",
        tuple(
            "AÇIK ÇIKIŞ DUR BANKA MÜZE EKMEK SÜT ÇAY KİTAP PARK OKUL PAZAR "
            "SU İTİNİZ ÇEKİNİZ SOKAK KAHVE İNDİRİM OTEL POLİS".split()
        ),
    ),
    "id": (
        "Latin",
        tuple(
            "BUKA KELUAR BERHENTI JALAN BANK MUSEUM ROTI SUSU TEH BUKU TAMAN "
            "SEKOLAH PASAR AIR DORONG TARIK KOPI DISKON TUTUP POLISI".split()
        ),
    ),
    "ru": (
        "Cyrillic",
        tuple(
            "ОТКРЫТО ВЫХОД ВХОД СТОП КАФЕ БАНК МУЗЕЙ ХЛЕБ МОЛОКО ЧАЙ КНИГИ "
            "ПАРК ШКОЛА РЫНОК ВОДА УЛИЦА ПОЧТА КАССА АПТЕКА МЕТРО".split()
        ),
    ),
    "el": (
        "Greek",
        tuple(
            "ΑΝΟΙΧΤΟ ΕΞΟΔΟΣ ΕΙΣΟΔΟΣ ΚΑΦΕ ΤΡΑΠΕΖΑ ΜΟΥΣΕΙΟ ΨΩΜΙ ΓΑΛΑ ΤΣΑΙ "
            "ΒΙΒΛΙΑ ΠΑΡΚΟ ΣΧΟΛΕΙΟ ΑΓΟΡΑ ΝΕΡΟ ΟΔΟΣ ΤΑΜΕΙΟ ΦΩΣ ΘΕΑΤΡΟ ΛΙΜΑΝΙ "
            "ΣΤΑΣΗ".split()
        ),
    ),
    "zh": (
        "Han",
        tuple(
            "出口 入口 银行 茶馆 书店 公园 学校 市场 牛奶 面包 酒店 车站 地铁 "
            "警察 医院 邮局 超市 饭店 开门 停车".split()
        ),
    ),
    "ja": (
        "Kana",
        tuple(
            "カフェ ホテル パン ミルク タクシー トイレ おちゃ みず ほん "
            "でぐち いりぐち すし ラーメン バス えき まち うどん ビール "
            "くすり はな".split()
        ),
    ),
    "hi": (
        "Devanagari",
        tuple(
            "खुला बंद चाय दूध पानी रोटी किताब स्कूल बाज़ार बैंक होटल दुकान "
            "रास्ता द्वार स्टेशन पुलिस डाकघर फल सब्ज़ी रुकिए".split()
        ),
    ),
    "ar": (
        "Arabic",
        tuple(
            "مفتوح مغلق خروج دخول مقهى بنك متحف خبز حليب شاي كتب حديقة مدرسة "
            "سوق ماء شارع فندق قف محطة شرطة".split()
        ),
    ),
}
