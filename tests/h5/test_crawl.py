"""The pages of the sown demo, crawled by a traveller who works in a shop and means it no good."""

from sqlalchemy import func, select

from bot.demo import seed
from bot.organisation.models import Shop
from h5 import limits
from tests.support.crawler import VALUES, Crawler
from tests.support.inn import HOST

PHONE = "+8613800001111"


def test_no_page_and_no_form_breaks_whatever_is_written_into_it(open_inn):
    inn = open_inn()
    seed.sow(inn.config)
    with inn.db.reading() as session:
        shop_id = session.scalar(select(func.min(Shop.id)))
    inn.employ(shop_id, phone=PHONE)
    phone = inn.phone("alice", phone=PHONE)
    phone.bind(PHONE)

    def ask(method, address, **options):
        limits._here.clear()  # so many forms a minute are refused, which has a test of its own
        return phone.request(method, address, **options)

    crawler = Crawler(
        ask,
        within="/h5/",
        host=HOST.removeprefix("http://"),
        also=inn.platform.url.removeprefix("http://"),
        times=len(VALUES) - 1,
    )
    crawler.crawl(
        *(f"/h5/head/{start}" for start in ("me", "staff", "staff/counter", "staff/desk", "mall", "bind"))
    )

    assert crawler.faults == []
    assert crawler.requests["POST"] > 80
    assert crawler.requests["GET"] > 30
    assert len(crawler.accepted) > 5  # else it was refused at every door
