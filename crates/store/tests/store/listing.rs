//! Lists are narrowed and ordered in the database, and paged without gaps in every order.

use jiff::SignedDuration;
use model::Name;
use store::{
    StoreError, backbone,
    listing::{Sort, Wanted},
    network::{self, NewNetwork},
};

use crate::support::{Fixture, NOW, a_backbone, at, fixture, name, new_network};

async fn pages(fixture: &Fixture, sort: Sort, limit: u32) -> Vec<Name> {
    let mut wanted = Wanted { sort: Some(sort), limit, ..Wanted::default() };
    let mut seen = vec![];
    loop {
        let page = backbone::page(&fixture.store, &wanted).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        seen.extend(page.items.into_iter().map(|backbone| backbone.name));
        match page.next {
            Some(next) => wanted.after = Some(next.to_string().parse().unwrap()),
            None => return seen,
        }
    }
}

#[tokio::test]
async fn a_list_is_paged_in_every_order_without_gaps_or_repetition() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    for called in ["d", "a", "g", "c", "f", "b", "e"] {
        a_backbone(&mut tx, called).await;
    }
    tx.commit().await.unwrap();
    let by = |field, descending| Sort { field, descending };
    let sorted: Vec<Name> = ["a", "b", "c", "d", "e", "f", "g"].map(name).to_vec();
    for limit in [1, 2, 3, 7, 8] {
        assert_eq!(pages(&fixture, by("name", false), limit).await, sorted);
        assert_eq!(pages(&fixture, by("name", true), limit).await, sorted.iter().rev().cloned().collect::<Vec<_>>());
        // All were created at the same moment.
        let one = pages(&fixture, by("created", false), limit).await;
        let mut other = pages(&fixture, by("created", true), limit).await;
        other.reverse();
        assert_eq!((one.len(), &one), (7, &other));
    }
}

#[tokio::test]
async fn what_comes_and_goes_moves_no_page() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let gone = a_backbone(&mut tx, "b").await;
    for called in ["a", "c", "d"] {
        a_backbone(&mut tx, called).await;
    }
    tx.commit().await.unwrap();
    let mut wanted = Wanted { sort: Some(Sort { field: "name", descending: false }), limit: 2, ..Wanted::default() };
    let first = backbone::page(&fixture.store, &wanted).await.unwrap();
    let mut tx = fixture.begin().await;
    backbone::delete(&mut tx, gone, None).await.unwrap();
    a_backbone(&mut tx, "aa").await;
    tx.commit().await.unwrap();
    wanted.after = first.next;
    let second = backbone::page(&fixture.store, &wanted).await.unwrap();
    assert_eq!(second.items.into_iter().map(|it| it.name).collect::<Vec<_>>(), ["c", "d"].map(name));
    wanted.sort = Some(Sort { field: "created", descending: false });
    let other = backbone::page(&fixture.store, &wanted).await;
    assert!(matches!(other, Err(StoreError::Cursor(_))), "a place in another order: {other:?}");
}

#[tokio::test]
async fn networks_are_found_by_the_state_they_are_shown_in() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let backbone = a_backbone(&mut tx, "main").await;
    for (called, start, end) in
        [("later", 100, None), ("now", -100, None), ("closes", -100, Some(-5)), ("over", -100, Some(-50))]
    {
        let new = NewNetwork {
            start: at(NOW + start),
            end: end.map(|end| at(NOW + end)),
            grace: SignedDuration::from_secs(10),
            ..new_network(backbone, called)
        };
        network::create(&mut tx, new).await.unwrap();
    }
    tx.commit().await.unwrap();
    let all = network::page(&fixture.store, &Wanted::default()).await.unwrap().items;
    assert_eq!(all.len(), 4);
    for found in all {
        let state = found.state(at(NOW)).to_string();
        let wanted = Wanted { filters: vec![("state", state)], now: at(NOW), ..Wanted::default() };
        let of_state = network::page(&fixture.store, &wanted).await.unwrap().items;
        assert_eq!(of_state, [found]);
    }
    let only = Wanted { only: Some(vec![]), ..Wanted::default() };
    assert_eq!(network::page(&fixture.store, &only).await.unwrap().items, [], "who may see nothing sees nothing");
}

#[tokio::test]
async fn what_a_list_does_not_know_is_a_fault_of_the_program() {
    let fixture = fixture().await;
    let by = Wanted { sort: Some(Sort { field: "colour", descending: false }), ..Wanted::default() };
    let with = Wanted { filters: vec![("colour", "red".to_owned())], ..Wanted::default() };
    for wanted in [by, with] {
        let refused = backbone::page(&fixture.store, &wanted).await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
    }
}
